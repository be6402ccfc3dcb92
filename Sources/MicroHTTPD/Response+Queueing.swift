import CMicroHTTPD
import Glibc

extension Response {
    /// Hands the response to libmicrohttpd, which frees the body's block when it is sent.
    ///
    /// The corresponding libmicrohttpd function is `MHD_queue_response`.
    mutating func queue(
        on connection: OpaquePointer, isHead: Bool, _ suspensions: Suspensions,
        _ workQueue: WorkQueue
    ) -> MHD_Result {
        let isStreamed = streamedBody != nil
        guard let response = makeResponse(connection, suspensions, workQueue) else { return .NO }
        if isHead, isStreamed { mhd_leave_out_chunks(response) }
        defer { MHD_destroy_response(response) }
        for index in 0..<fields.pointee.count {
            MHD_add_response_header(
                response, fields.pointee.name(at: index), fields.pointee.value(at: index))
        }
        return MHD_queue_response(connection, status, response)
    }

    /// The corresponding libmicrohttpd function is `MHD_create_response_from_buffer`.
    private mutating func makeResponse(
        _ connection: OpaquePointer, _ suspensions: Suspensions, _ workQueue: WorkQueue
    ) -> OpaquePointer? {
        if let stream = streamedBody {
            stream.attach(to: connection, suspensions, workQueue)
            return makeStreamedResponse(stream)
        }
        let block = body.release()
        let mode: MHD_ResponseMemoryMode =
            block.isOwned ? .RESPMEM_MUST_FREE : .RESPMEM_PERSISTENT
        let response = MHD_create_response_from_buffer(block.count, block.start, mode)
        if response == nil, block.isOwned { free(block.start) }
        return response
    }

    /// libmicrohttpd owns the stream from here on, and frees it with the response.
    ///
    /// The corresponding libmicrohttpd function is `MHD_create_response_from_callback`.
    private mutating func makeStreamedResponse(_ stream: StreamedBody) -> OpaquePointer? {
        let owner = Unmanaged.passRetained(stream)
        let response = MHD_create_response_from_callback(
            mhd_size_unknown, StreamedBody.blockInBytes, streamRead, owner.toOpaque(), streamClosed)
        if response == nil { owner.release() }
        streamedBody = nil
        return response
    }
}
