// SPDX-License-Identifier: Apache-2.0
#include "core/mail/gmime_stream.h"

#include <algorithm>
#include <limits>

namespace graph_milter::mail {
namespace {

struct SourceStream {
  GMimeStream base;
  GmimeSource* source;
};

struct SourceStreamClass {
  GMimeStreamClass base;
};

SourceStream& self(GMimeStream* stream) { return *reinterpret_cast<SourceStream*>(stream); }

gint64 end_of(GMimeStream* stream) {
  if (stream->bound_end != -1) return stream->bound_end;
  return static_cast<gint64>(self(stream).source->bytes.size());
}

ssize_t read_stream(GMimeStream* stream, char* buffer, size_t length) {
  GmimeSource& source = *self(stream).source;
  const gint64 left = end_of(stream) - stream->position;
  if (source.failed) return -1;
  if (left <= 0) return 0;
  const size_t wanted = std::min(length, static_cast<size_t>(left));
  const Result<std::size_t> got = source.bytes.read_at(static_cast<ByteCount>(stream->position), {buffer, wanted});
  if (!got) {
    source.failed = true;
    source.error = got.error();
    return -1;
  }
  stream->position += static_cast<gint64>(*got);
  return static_cast<ssize_t>(*got);
}

ssize_t write_stream(GMimeStream*, const char*, size_t) { return -1; }
int do_nothing(GMimeStream*) { return 0; }
gboolean at_end(GMimeStream* stream) { return stream->position >= end_of(stream) ? TRUE : FALSE; }

int reset_stream(GMimeStream* stream) {
  stream->position = stream->bound_start;
  return 0;
}

gint64 seek_stream(GMimeStream* stream, gint64 offset, GMimeSeekWhence whence) {
  const gint64 base = whence == GMIME_STREAM_SEEK_SET   ? 0
                      : whence == GMIME_STREAM_SEEK_CUR ? stream->position
                                                        : end_of(stream);
  const gint64 target = base + offset;
  if (target < stream->bound_start || target > end_of(stream)) return -1;
  stream->position = target;
  return target;
}

gint64 tell_stream(GMimeStream* stream) { return stream->position; }
gint64 length_of_stream(GMimeStream* stream) { return end_of(stream) - stream->bound_start; }

GType stream_type();

GMimeStream* new_stream(GmimeSource& source, gint64 begin, gint64 end) {
  auto* const stream = static_cast<GMimeStream*>(g_object_new(stream_type(), nullptr));
  self(stream).source = &source;
  g_mime_stream_construct(stream, begin, end);
  return stream;
}

GMimeStream* make_substream(GMimeStream* stream, gint64 begin, gint64 end) {
  return new_stream(*self(stream).source, begin, end);
}

void init_class(gpointer klass, gpointer) {
  auto* const stream = static_cast<GMimeStreamClass*>(klass);
  stream->read = read_stream;
  stream->write = write_stream;
  stream->flush = do_nothing;
  stream->close = do_nothing;
  stream->eos = at_end;
  stream->reset = reset_stream;
  stream->seek = seek_stream;
  stream->tell = tell_stream;
  stream->length = length_of_stream;
  stream->substream = make_substream;
}

GType stream_type() {
  static const GType type = g_type_register_static_simple(
      g_mime_stream_get_type(), "GraphMilterSourceStream", static_cast<guint>(sizeof(SourceStreamClass)), init_class,
      static_cast<guint>(sizeof(SourceStream)), nullptr, static_cast<GTypeFlags>(0));
  return type;
}

}  // namespace

GRef<GMimeStream> make_gmime_stream(GmimeSource& source) { return GRef<GMimeStream>(new_stream(source, 0, -1)); }

}  // namespace graph_milter::mail
