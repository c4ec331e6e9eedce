#pragma once

// Where nghttp2 takes its memory from: the calling core's free lists, as it asks for a dozen small pieces for each
// stream. A session and all that it frees stay on one core.

#include <nghttp2/nghttp2.h>

namespace tandem::http2 {

/// For nghttp2_session_*_new3; lives as long as the program.
nghttp2_mem* frame_memory();

}  // namespace tandem::http2
