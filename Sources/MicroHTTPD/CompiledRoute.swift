/// A route in the form that a request needs: no `String`, no `Array`.
struct CompiledRoute {
    let handler: Handler
    let consumes: UnsafeBufferPointer<MediaType>
    let produces: UnsafeBufferPointer<MediaType>
    let streamsBody: Bool

    init(_ route: Route) {
        handler = route.handler
        consumes = CompiledRoute.compile(route.consumes)
        produces = CompiledRoute.compile(route.produces)
        streamsBody = route.streamsBody != nil
    }

    func deallocate() {
        for types in [consumes, produces] {
            for type in types { type.deallocate() }
            types.deallocate()
        }
    }

    /// Whether the route reads a body of this type.
    func reads(contentType: UnsafeRawBufferPointer?) -> Bool {
        if consumes.count == 0 { return true }
        guard let contentType else { return false }
        return consumes.contains { $0.matches(contentType: contentType) }
    }

    private static func compile(_ names: [String]) -> UnsafeBufferPointer<MediaType> {
        let types = UnsafeMutableBufferPointer<MediaType>.allocate(capacity: names.count)
        _ = types.initialize(from: names.map { MediaType($0) })
        return UnsafeBufferPointer(types)
    }
}

/// The compiled routes of one router, at fixed addresses.
final class CompiledRoutes: @unchecked Sendable {
    private let routes: UnsafeMutableBufferPointer<CompiledRoute>

    init(_ sources: [Route]) {
        routes = .allocate(capacity: sources.count)
        _ = routes.initialize(from: sources.map { CompiledRoute($0) })
    }

    deinit {
        for route in routes { route.deallocate() }
        routes.deinitialize()
        routes.deallocate()
    }

    /// A route; valid while this object lives.
    subscript(index: Int) -> UnsafeMutablePointer<CompiledRoute> {
        routes.baseAddress.unsafelyUnwrapped + index
    }
}
