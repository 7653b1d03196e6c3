// Macros that other headers leave behind, for Isoquant's headers to be included after them.
// NOLINTBEGIN

// windows.h (minwindef.h, winnt.h, wingdi.h, winbase.h, rpcndr.h)
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far
#define NEAR
#define FAR
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define VOID void
#define FALSE 0
#define TRUE 1
#define pascal
#define cdecl
#define small char
#define hyper __int64
#define interface struct
#define ERROR 0
#define DELETE 0x10000
#define STRICT 1
#define ABSOLUTE 1
#define RELATIVE 2
#define OPAQUE 2
#define TRANSPARENT 1
#define PASSTHROUGH 19
#define Yield()
#define RGB(r, g, b) (r)
#define GetObject GetObjectA
#define CreateFile CreateFileA
#define GetMessage GetMessageA
#define ReplaceText ReplaceTextA

// X11 (X.h, Xlib.h), but for Status, which it defines as int
#define None 0L
#define Bool int
#define True 1
#define False 0
#define Always 2
#define Success 0
#define Unsorted 0
#define Above 0
#define Below 1
#define Complex 0
#define Convex 2
#define Expose 12

// sys/param.h, sys/sysmacros.h, complex.h, AssertMacros.h of Apple, and what others bring
#define MIN(a, b) (((a) < (b)) ? (a) : (b))
#define MAX(a, b) (((a) > (b)) ? (a) : (b))
#define major(dev) (dev)
#define minor(dev) (dev)
#define I _Complex_I
#define check(assertion)
#define verify(assertion)
#define require(assertion, label)
#define abs(x) ((x) > 0 ? (x) : -(x))
#define round(x) ((long)(x))
#define emit
#define signals public
#define slots
#define foreach
#define DEBUG 1

// NOLINTEND
