import CMicroHTTPD
import Glibc

// Every function that libmicrohttpd calls. They convert the arguments and do nothing else, and
// they belong to no actor: libmicrohttpd calls them on its own threads.
//
// `context` is the server's core, which outlives the daemon.

/// A request line was read. The corresponding libmicrohttpd option is
/// `MHD_OPTION_URI_LOG_CALLBACK`.
let targetReceived:
    @convention(c) (
        UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?
    ) -> UnsafeMutableRawPointer? = { context, target, connection in
        guard let context, let target, let connection else { return nil }
        let exchange = exchange(of: connection)
        core(context)._withUnsafeGuaranteedRef { $0.open(exchange, target: target) }
        return UnsafeMutableRawPointer(exchange)
    }

/// Headers, a body part, or the end of the body. The corresponding libmicrohttpd type is
/// `MHD_AccessHandlerCallback`.
let requestContinued: MHD_AccessHandlerCallback = {
    context, connection, _, method, _, part, partCount, state in
    guard let context, let method, let partCount, let exchange = exchange(state) else { return .NO }
    return core(context)._withUnsafeGuaranteedRef {
        $0.advance(exchange, method: method, part: part, partCount: partCount)
    }
}

/// A request ended, in whatever way. The corresponding libmicrohttpd type is
/// `MHD_RequestCompletedCallback`.
let requestCompleted: MHD_RequestCompletedCallback = { context, _, state, _ in
    guard let context, let exchange = exchange(state) else { return }
    core(context)._withUnsafeGuaranteedRef { $0.close(exchange) }
    state?.pointee = nil
}

/// A connection came or went. The corresponding libmicrohttpd type is
/// `MHD_NotifyConnectionCallback`.
let connectionChanged: MHD_NotifyConnectionCallback = { context, connection, state, change in
    guard let context, let connection, let state else { return }
    core(context)._withUnsafeGuaranteedRef { core in
        switch change {
        case .CONNECTION_NOTIFY_STARTED:
            state.pointee = makeExchange(
                connection, core.connected(connection), core.bucket(of: connection))
        default:
            core.disconnected(exchange(state)?.pointee.patience)
            destroyExchange(state)
        }
    }
}

/// One header field. The corresponding libmicrohttpd type is `MHD_KeyValueIteratorN`.
let headerFound: MHD_KeyValueIteratorN = { fields, _, name, nameCount, value, valueCount in
    fields?.assumingMemoryBound(to: KnownHeaders.self).pointee.add(
        UnsafeRawBufferPointer(start: name, count: name == nil ? 0 : nameCount),
        UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueCount))
    return .YES
}

/// A stream's next bytes. The corresponding libmicrohttpd type is `MHD_ContentReaderCallback`.
let streamRead: MHD_ContentReaderCallback = { stream, _, block, capacity in
    guard let stream, let block else { return mhd_end_of_stream }
    return Unmanaged<StreamedBody>.fromOpaque(stream)._withUnsafeGuaranteedRef {
        $0.read(into: UnsafeMutableRawBufferPointer(start: block, count: capacity))
    }
}

/// A stream is over, in whatever way. The corresponding libmicrohttpd type is
/// `MHD_ContentReaderFreeCallback`.
let streamClosed: MHD_ContentReaderFreeCallback = { stream in
    guard let stream else { return }
    Unmanaged<StreamedBody>.fromOpaque(stream).release()
}

/// Leaves escapes as they are; the router decodes them behind cutting the path. The
/// corresponding libmicrohttpd option is `MHD_OPTION_UNESCAPE_CALLBACK`.
let keepEscapes:
    @convention(c) (
        UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<CChar>?
    ) -> Int = { _, _, text in
        guard let text else { return 0 }
        return strlen(text)
    }

/// The core without a retain: the server owns it until the daemon has stopped.
private func core(_ context: UnsafeMutableRawPointer) -> Unmanaged<ServerCore> {
    Unmanaged<ServerCore>.fromOpaque(context)
}

private func exchange(of connection: OpaquePointer) -> UnsafeMutablePointer<Exchange>? {
    mhd_connection_context(connection)?.assumingMemoryBound(to: Exchange.self)
}

private func exchange(
    _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> UnsafeMutablePointer<Exchange>? {
    state?.pointee?.assumingMemoryBound(to: Exchange.self)
}

private func makeExchange(
    _ connection: OpaquePointer, _ patience: Patience, _ bucket: RateBucket?
) -> UnsafeMutableRawPointer {
    let exchange = UnsafeMutablePointer<Exchange>.allocate(capacity: 1)
    exchange.initialize(
        to: Exchange(connection: connection, patience: patience, bucket: bucket))
    return UnsafeMutableRawPointer(exchange)
}

private func destroyExchange(_ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>) {
    guard let exchange = exchange(state) else { return }
    exchange.deinitialize(count: 1)
    exchange.deallocate()
    state.pointee = nil
}

/// A watchdog's thread began. The corresponding C function is `pthread_create`.
let watchdogStarted: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    raw in
    guard let raw else { return nil }
    let order = Unmanaged<Watchdog.Order>.fromOpaque(raw).takeRetainedValue()
    usleep(UInt32(clamping: Int(order.seconds * 1_000_000)))
    order.action()
    return nil
}

/// A ticker's thread began. The corresponding C function is `pthread_create`.
let tickerStarted: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { raw in
    guard let raw else { return nil }
    let order = Unmanaged<Ticker.Order>.fromOpaque(raw).takeRetainedValue()
    repeat { usleep(UInt32(clamping: Int(order.seconds * 1_000_000))) } while order.action()
    return nil
}

/// A thread of a work queue began. The corresponding C function is `pthread_create`.
let workerStarted: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { raw in
    guard let raw else { return nil }
    Unmanaged<WorkQueue>.fromOpaque(raw).takeRetainedValue().work()
    return nil
}
