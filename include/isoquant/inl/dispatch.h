// Template layer: calls the version of a function that a Context asks for.
#ifndef ISOQUANT_INL_DISPATCH_H_
#define ISOQUANT_INL_DISPATCH_H_

#include "hwy/highway.h"
#include "isoquant/context.h"

// Like HWY_DYNAMIC_DISPATCH, but the Context chooses the target, not the process: ISOQUANT_DISPATCH(context,
// F)(args...) calls the F (see HWY_EXPORT) of the best target that this file was compiled for and the Context allows.
// Other users of Highway in the process keep their choice.
#if HWY_IDE || ((HWY_TARGETS & (HWY_TARGETS - 1)) == 0)  // one target: a table of one entry
#define ISOQUANT_DISPATCH(context, FUNC) ((void)(context), HWY_DISPATCH_TABLE(FUNC)[0])
#else
#define ISOQUANT_DISPATCH(context, FUNC) (HWY_DISPATCH_TABLE(FUNC)[ISOQUANT_TARGET_INDEX((context).targets())])
#endif
// As in hwy::ChosenTarget: a macro, because the mask of compiled targets is that of the file that uses it.
#define ISOQUANT_TARGET_INDEX(targets)                      \
  hwy::Num0BitsBelowLS1Bit_Nonzero64(static_cast<uint64_t>( \
      (HWY_CHOSEN_TARGET_SHIFT(targets) | HWY_CHOSEN_TARGET_MASK_SCALAR) & HWY_CHOSEN_TARGET_MASK_TARGETS))

#endif  // ISOQUANT_INL_DISPATCH_H_
