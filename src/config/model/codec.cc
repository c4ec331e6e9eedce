// The codec of both roots and, object by object, of what the API shows: in a file of its own because the templates take
// long to compile.

#include "config/format/decode_impl.h"
#include "config/model/dynamic_configuration.h"
#include "config/model/static_configuration.h"

TANDEM_FORMAT_INSTANTIATE(tandem::model::EntryPoint)
TANDEM_FORMAT_INSTANTIATE(tandem::model::StaticConfiguration)
TANDEM_FORMAT_INSTANTIATE(tandem::model::HttpRouter)
TANDEM_FORMAT_INSTANTIATE(tandem::model::HttpService)
TANDEM_FORMAT_INSTANTIATE(tandem::model::HttpMiddleware)
TANDEM_FORMAT_INSTANTIATE(tandem::model::HttpServersTransport)
TANDEM_FORMAT_INSTANTIATE(tandem::model::DynamicConfiguration)
TANDEM_FORMAT_INSTANTIATE(tandem::model::TcpRouter)
TANDEM_FORMAT_INSTANTIATE(tandem::model::TcpService)
TANDEM_FORMAT_INSTANTIATE(tandem::model::TcpMiddleware)
TANDEM_FORMAT_INSTANTIATE(tandem::model::UdpRouter)
TANDEM_FORMAT_INSTANTIATE(tandem::model::UdpService)
