// ISA layer: what the policies for Arm share: the numbers of AArch64's vector registers in asm, and a question to the
// CPU.
//
// Instructions that the compiler's -march leaves out are written as words (.inst). (Rejected: GNU as refuses
// `.arch_extension dotprod`, and a `.arch` leaks into the rest of the file.) The compiler still chooses the registers
// and prints their names. The symbols defined here turn such a name into its number.
#ifndef ISOQUANT_INL_ISA_ARM_H_
#define ISOQUANT_INL_ISA_ARM_H_

#include <cstddef>

#include "hwy/base.h"
#include "isoquant/cpu.h"

#if HWY_ARCH_ARM_A64 && !HWY_COMPILER_MSVC

__asm__(
    ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
    ".equ .Lisoquant_v\\n, \\n\n"
    ".equ .Lisoquant_z\\n, \\n\n"
    ".endr\n");

// The registers' fields of a word: operands %0, %1 and %2 are Rd, Rn and Rm.
#define ISOQUANT_ARM_REGISTERS ".Lisoquant_%0 | .Lisoquant_%1 << 5 | .Lisoquant_%2 << 16"

namespace isoquant {

// For policies on SVE: null, or what they lack. (If the length of vectors is no power of two, a panel is no whole
// number of vectors. The architecture has since ruled such lengths out, but emulators have them.)
inline const char* RefuseVectorLength(const Cpu& cpu) {
  if ((cpu.sve_bytes & (cpu.sve_bytes - 1)) != 0) return "the length of SVE's vectors is not a power of two";
  return nullptr;
}

}  // namespace isoquant

#endif  // AArch64
#endif  // ISOQUANT_INL_ISA_ARM_H_
