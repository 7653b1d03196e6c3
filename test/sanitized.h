// Test support: whether a sanitizer is at work.
#ifndef ISOQUANT_TEST_SANITIZED_H_
#define ISOQUANT_TEST_SANITIZED_H_

// Sanitizers bring a malloc of their own, which must not be replaced, which aborts where there is no memory, and which
// keeps what was freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ISOQUANT_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ISOQUANT_TEST_SANITIZED 1
#endif
#endif
#ifndef ISOQUANT_TEST_SANITIZED
#define ISOQUANT_TEST_SANITIZED 0
#endif

#endif  // ISOQUANT_TEST_SANITIZED_H_
