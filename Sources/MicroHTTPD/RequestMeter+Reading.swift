extension RequestMeter {
    /// What was counted of one route and method.
    public struct Row: Sendable {
        /// Where requests went.
        public enum Place: Sendable, Equatable {
            /// To a route, by its pattern.
            case route(String)
            /// To a file, or to `OPTIONS`.
            case file
            /// Nowhere: the path, or its method, is not there.
            case nowhere
        }

        /// Where the requests went.
        public let place: Place
        /// Their method.
        public let method: HTTPMethod
        /// How many there were of each status, in the order of ``RequestMeter/statuses``.
        public let byStatus: [UInt64]
        /// How many took so long, in the order of ``RequestMeter/boundsInNanoseconds``, and longer ones at the end.
        public let byDuration: [UInt64]
        /// How long all of them took together, in nanoseconds.
        public let nanoseconds: UInt64
    }

    /// What was counted, without what never came: first routes in their order, then files, then what
    /// led nowhere.
    ///
    /// - Parameter routes: those of the router.
    /// - Complexity: O(routes).
    public func rows(_ routes: [Route]) -> [Row] {
        (0..<Self.rowCount).compactMap { index in
            guard let (place, method) = Self.name(index, routes) else { return nil }
            let sums = sums(index)
            let byStatus = Array(sums[..<Self.statuses.count])
            guard byStatus.contains(where: { $0 > 0 }) else { return nil }
            let ends = Self.durationStart...Self.durationStart + Self.boundsInNanoseconds.count
            return Row(
                place: place, method: method, byStatus: byStatus, byDuration: Array(sums[ends]),
                nanoseconds: sums[Self.sumIndex])
        }
    }

    /// How many answers had each tag that any had: ``Response/tag``.
    public var tags: [(tag: UInt8, count: UInt64)] {
        (1..<Self.tagCount).compactMap { tag in
            let index = Self.rowCount * Self.rowWords + tag
            let sum = (0..<Self.blockCount).reduce(0) { $0 &+ word($1, index) }
            return sum > 0 ? (UInt8(tag), sum) : nil
        }
    }

    private func sums(_ row: Int) -> [UInt64] {
        (0..<Self.rowWords).map { index in
            (0..<Self.blockCount).reduce(0) { $0 &+ word($1, row * Self.rowWords + index) }
        }
    }

    /// The row of a request.
    ///
    /// - Parameters:
    ///   - route: its route; `nil` if it has none.
    ///   - isRefused: whether its status says that something is wrong.
    @inline(__always)
    static func row(route: Int?, _ method: HTTPMethod, isRefused: Bool) -> Int {
        if let route { return method == .head ? routeLimit &+ route : route }
        let start = 2 &* routeLimit &+ (isRefused ? HTTPMethod.allCases.count : 0)
        return start &+ Int(method.rawValue)
    }

    private static func name(_ row: Int, _ routes: [Route]) -> (Row.Place, HTTPMethod)? {
        if row < 2 * routeLimit {
            guard row % routeLimit < routes.count else { return nil }
            let route = routes[row % routeLimit]
            return (.route(route.pattern), row < routeLimit ? route.method : .head)
        }
        let (kind, method) = (row - 2 * routeLimit).quotientAndRemainder(
            dividingBy: HTTPMethod.allCases.count)
        return (kind == 0 ? .file : .nowhere, HTTPMethod.allCases[method])
    }
}
