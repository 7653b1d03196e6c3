// Public layer: all headers except thread_pool.h, which needs more of Highway than the library does.
#ifndef ISOQUANT_ISOQUANT_H_
#define ISOQUANT_ISOQUANT_H_

#include "isoquant/activation.h"
#include "isoquant/add.h"
#include "isoquant/context.h"
#include "isoquant/convert.h"
#include "isoquant/convolution.h"
#include "isoquant/cpu.h"
#include "isoquant/dequantize.h"
#include "isoquant/element_type.h"
#include "isoquant/executor.h"
#include "isoquant/filter.h"
#include "isoquant/fixed_point.h"
#include "isoquant/float_matmul.h"
#include "isoquant/float_matrix.h"
#include "isoquant/float_types.h"
#include "isoquant/image_view.h"
#include "isoquant/linear.h"
#include "isoquant/matmul.h"
#include "isoquant/matrix_view.h"
#include "isoquant/norm.h"
#include "isoquant/quantize.h"
#include "isoquant/requantize.h"
#include "isoquant/runtime.h"
#include "isoquant/softmax.h"
#include "isoquant/status.h"
#include "isoquant/tiers.h"
#include "isoquant/vector.h"
#include "isoquant/weight_matrix.h"
#include "isoquant/weights.h"

#endif  // ISOQUANT_ISOQUANT_H_
