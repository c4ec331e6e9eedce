// The codec of what stands under `http`, object by object for the API.

#include "config/format/decode_impl.h"
#include "config/model/dynamic_configuration.h"

TANDEM_FORMAT_INSTANTIATE(tandem::model::HttpRouter)
TANDEM_FORMAT_INSTANTIATE(tandem::model::HttpService)
TANDEM_FORMAT_INSTANTIATE(tandem::model::HttpMiddleware)
TANDEM_FORMAT_INSTANTIATE(tandem::model::HttpServersTransport)
