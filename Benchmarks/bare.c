// The ceiling: libmicrohttpd and nothing else, with the options of Sources/CMicroHTTPD/shim.h.
//
// It answers every POST, DELETE and GET with the bytes that the real server answered, read from
// `post`, `delete` and `get` in a folder. What it does for a request is what no handler can leave
// out: it looks at method and path, copies the request's body to a block of its connection, and
// makes a response of its own: a fresh block of bytes, and its header fields one by one.
//
// usage: bare THREADS CONNECTION_MEMORY FOLDER

#include <arpa/inet.h>
#include <malloc.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { field_limit = 16, body_limit = 1 << 20 };

struct reply {
    unsigned int status;
    int field_count;
    const char *names[field_limit];
    const char *values[field_limit];
    const char *body;
    size_t body_size;
};

static struct reply post_reply, delete_reply, get_reply;

/// One for each connection, used again by each of its requests.
struct exchange {
    int has_begun;
    char *body;
    size_t size, capacity;
};

static void fail(const char *what) {
    fprintf(stderr, "bare: %s\n", what);
    exit(1);
}

/// Reads a file: a status, header fields, an empty line, the body.
static void read_reply(struct reply *reply, const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (NULL == file) fail(path);
    char *text = malloc(body_limit);
    const size_t size = fread(text, 1, body_limit - 1, file);
    text[size] = 0;
    fclose(file);
    reply->status = (unsigned int)atoi(text);
    char *line = strchr(text, '\n') + 1;
    while (*line != '\n') {
        char *colon = strstr(line, ": ");
        char *end = strchr(line, '\n');
        if (NULL == colon || NULL == end || reply->field_count == field_limit) fail(path);
        *colon = *end = 0;
        reply->names[reply->field_count] = line;
        reply->values[reply->field_count++] = colon + 2;
        line = end + 1;
    }
    reply->body = line + 1;
    reply->body_size = size - (size_t)(line + 1 - text);
}

static void keep(struct exchange *exchange, const char *part, size_t count) {
    if (count > exchange->capacity - exchange->size) {
        exchange->capacity = 2 * (exchange->size + count);
        exchange->body = realloc(exchange->body, exchange->capacity);
        if (NULL == exchange->body) fail("out of memory");
    }
    memcpy(exchange->body + exchange->size, part, count);
    exchange->size += count;
}

static const struct reply *reply_to(const char *method, const char *path) {
    if (0 == strcmp(method, "POST") && 0 == strcmp(path, "/pages")) return &post_reply;
    if (0 == strcmp(method, "DELETE") && 0 == strncmp(path, "/pages/", 7)) return &delete_reply;
    if (0 == strcmp(method, "GET")) return &get_reply;
    return NULL;
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, const struct reply *reply) {
    char *body = malloc(reply->body_size);
    if (NULL == body) return MHD_NO;
    memcpy(body, reply->body, reply->body_size);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->body_size, body, MHD_RESPMEM_MUST_FREE);
    for (int i = 0; i < reply->field_count; i++)
        MHD_add_response_header(response, reply->names[i], reply->values[i]);
    const enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

/// Called for the headers, for each part of the body, and for the end; answers at the end.
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *part,
                              size_t *part_size, void **state) {
    (void)context, (void)version;
    if (NULL == *state) {
        *state = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
                     ->socket_context;
        return MHD_YES;
    }
    if (*part_size > 0) {
        keep(*state, part, *part_size);
        *part_size = 0;
        return MHD_YES;
    }
    const struct reply *reply = reply_to(method, path);
    return NULL == reply ? MHD_NO : send_reply(connection, reply);
}

static void complete(void *context, struct MHD_Connection *connection, void **state,
                     enum MHD_RequestTerminationCode code) {
    (void)context, (void)connection, (void)code;
    struct exchange *exchange = *state;
    if (NULL != exchange) exchange->size = 0;
    *state = NULL;
}

static void change(void *context, struct MHD_Connection *connection, void **state,
                   enum MHD_ConnectionNotificationCode code) {
    (void)context, (void)connection;
    if (MHD_CONNECTION_NOTIFY_STARTED == code) {
        *state = calloc(1, sizeof(struct exchange));
    } else {
        free(((struct exchange *)*state)->body);
        free(*state);
    }
}

/// Any free port of the loopback address.
static int listener(unsigned int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(descriptor, (struct sockaddr *)&address, size) != 0 ||
        listen(descriptor, SOMAXCONN) != 0 ||
        getsockname(descriptor, (struct sockaddr *)&address, &size) != 0)
        fail("cannot listen");
    *port = ntohs(address.sin_port);
    return descriptor;
}

int main(int count, char **arguments) {
    if (count != 4) fail("usage: bare THREADS CONNECTION_MEMORY FOLDER");
    read_reply(&post_reply, arguments[3], "post");
    read_reply(&delete_reply, arguments[3], "delete");
    read_reply(&get_reply, arguments[3], "get");
    signal(SIGPIPE, SIG_IGN);
    mallopt(M_MMAP_THRESHOLD, 65536);  // As the real server does.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    const unsigned int threads = (unsigned int)atoi(arguments[1]);
    unsigned int port = 0;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, NULL,
        MHD_OPTION_LISTEN_SOCKET, listener(&port), MHD_OPTION_CONNECTION_LIMIT, 4000u,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, 4000u, MHD_OPTION_CONNECTION_TIMEOUT, 30u,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)atoi(arguments[2]),
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, change, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, complete, NULL,
        threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, threads, MHD_OPTION_END);
    if (NULL == daemon) fail("libmicrohttpd does not start");
    printf("bare listening on http://127.0.0.1:%u\n", port);
    fflush(stdout);
    int signal_number;
    sigwait(&signals, &signal_number);
    MHD_stop_daemon(daemon);
    return 0;
}
