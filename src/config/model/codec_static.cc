// The static configuration's codec, in a file of its own because the templates take long to compile.

#include "config/format/decode_impl.h"
#include "config/model/static_configuration.h"

TANDEM_FORMAT_INSTANTIATE(tandem::model::EntryPoint)
TANDEM_FORMAT_INSTANTIATE(tandem::model::StaticConfiguration)
