// Public layer: which functions a shared library of Isoquant exports.
#ifndef ISOQUANT_API_H_
#define ISOQUANT_API_H_

// CMake and pkg-config define ISOQUANT_SHARED if the library is a shared one. In a static library nothing is marked,
// and all of it is compiled with hidden visibility: a plug-in that it is linked into exports none of it.
#if !defined(ISOQUANT_SHARED)
#define ISOQUANT_API
#elif defined(_WIN32) && defined(ISOQUANT_EXPORTS)
#define ISOQUANT_API __declspec(dllexport)
#elif defined(_WIN32)
#define ISOQUANT_API __declspec(dllimport)
#else
#define ISOQUANT_API [[gnu::visibility("default")]]
#endif

#endif  // ISOQUANT_API_H_
