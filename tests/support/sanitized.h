// SPDX-License-Identifier: Apache-2.0
// GM_SANITIZED where a sanitizer makes memory and processor time other than the program's own.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GM_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GM_SANITIZED 1
#endif
