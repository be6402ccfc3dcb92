#pragma once
// Swift's Glibc module leaves mallopt out.
#include <malloc.h>
#include <microhttpd.h>
#include <stdint.h>

// Swift cannot call a variadic C function. Those that the wrapper needs are given fixed
// parameters here; everything else of libmicrohttpd is called as it is.

/// What `mhd_start` passes on; one field for each option, all of them required.
struct mhd_settings {
    unsigned int thread_count;
    unsigned int connection_limit;
    unsigned int connections_per_address;
    unsigned int idle_timeout_in_seconds;
    size_t connection_memory_in_bytes;
    /// A bound, listening, non-blocking socket.
    MHD_socket listen_socket;
    /// `cls` of every callback.
    void *context;
    MHD_AccessHandlerCallback handle;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection_changed;
    void *(*target_received)(void *cls, const char *uri, struct MHD_Connection *connection);
    size_t (*unescape)(void *cls, struct MHD_Connection *connection, char *text);
};

// Swift does not see macros with a cast in them.

/// What a stream's callback returns at the end.
static const ssize_t mhd_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;
/// The size of a stream.
static const uint64_t mhd_size_unknown = MHD_SIZE_UNKNOWN;

/// Starts a daemon on an internal epoll thread, or on a pool of them. It is strict with clients:
/// an HTTP/1.1 request without `Host`, or with a blank in its target, is answered 400.
///
/// Why a shim: `MHD_start_daemon` is variadic. A pool of one is refused by 0.9.75, so a single
/// thread is asked for by leaving the option out (`MHD_OPTION_END` ends the list early).
static inline struct MHD_Daemon *mhd_start(const struct mhd_settings *settings) {
    const unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    const enum MHD_OPTION pool =
        settings->thread_count > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, settings->handle, settings->context,
        MHD_OPTION_LISTEN_SOCKET, settings->listen_socket,
        MHD_OPTION_CONNECTION_LIMIT, settings->connection_limit,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->connections_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_timeout_in_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_memory_in_bytes,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_CONNECTION, settings->connection_changed, settings->context,
        MHD_OPTION_NOTIFY_COMPLETED, settings->completed, settings->context,
        MHD_OPTION_URI_LOG_CALLBACK, settings->target_received, settings->context,
        MHD_OPTION_UNESCAPE_CALLBACK, settings->unescape, settings->context,
        pool, settings->thread_count,
        MHD_OPTION_END);
}

/// Has a response of unknown size end with its connection. For HEAD, 0.9.75 would otherwise send the
/// last chunk of a body that is not there, and the client take it for the next response.
///
/// Why a shim: `MHD_set_response_options` is variadic.
static inline void mhd_leave_out_chunks(struct MHD_Response *response) {
    MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

/// The pointer that the connection callback stored for this connection, or NULL.
///
/// Why a shim: `MHD_get_connection_info` is variadic.
static inline void *mhd_connection_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return NULL == info ? NULL : info->socket_context;
}

/// The socket of a connection, or -1.
///
/// Why a shim: `MHD_get_connection_info` is variadic.
static inline int mhd_connection_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return NULL == info ? -1 : info->connect_fd;
}

/// How many bytes the request line and the headers take, or 0.
///
/// Why a shim: `MHD_get_connection_info` is variadic.
static inline size_t mhd_request_header_size(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return NULL == info ? 0 : info->header_size;
}

/// The client's socket address, or NULL.
///
/// Why a shim: `MHD_get_connection_info` is variadic.
static inline const struct sockaddr *mhd_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return NULL == info ? NULL : info->client_addr;
}
