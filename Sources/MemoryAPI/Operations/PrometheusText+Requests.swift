import MicroHTTPD

extension MemoryService {
    /// Writes what was asked for, how long it took, and what was refused.
    func writeRequests(to text: inout PrometheusText) {
        let rows = meter.rows(routes)
        text.family("kmemlab_http_requests_total", .counter, "Requests that were answered.") {
            family in
            for row in rows {
                for (status, count) in zip(RequestMeter.statuses, row.byStatus) where count > 0 {
                    family.sample(
                        row.labels + [("status", status == 0 ? "other" : "\(status)")], count)
                }
            }
        }
        text.family(
            "kmemlab_http_request_duration_seconds", .histogram,
            "From the request line to the answer, which a stream only begins."
        ) { family in
            for row in rows { family.histogram(row) }
        }
        text.family("kmemlab_refused_requests_total", .counter, "Refusals, by problem.") { family in
            for (tag, count) in meter.tags {
                guard let kind = ProblemKind(tag: tag) else { continue }
                family.sample([("problem", kind.rawValue)], count)
            }
        }
        text.value(
            "kmemlab_http_unanswered_requests_total", .counter,
            "Requests whose client had gone, or whose connection was closed, before the answer.",
            meter.unansweredCount)
        text.value(
            "kmemlab_http_connections", .gauge, "Connections that are open.", meter.connectionCount)
    }
}

extension PrometheusText {
    /// Writes the histogram of one route.
    fileprivate mutating func histogram(_ row: RequestMeter.Row) {
        var count: UInt64 = 0
        for (index, more) in row.byDuration.enumerated() {
            count += more
            let bounds = RequestMeter.boundsInNanoseconds
            let bound = index < bounds.count ? secondsText(bounds[index]) : "+Inf"
            sample("_bucket", row.labels + [("le", bound)], "\(count)")
        }
        sample("_sum", row.labels, secondsText(row.nanoseconds))
        sample("_count", row.labels, "\(count)")
    }
}

extension RequestMeter.Row {
    /// The labels of a route: its pattern, never what stands in the place of a placeholder.
    fileprivate var labels: [(String, String)] {
        let route =
            switch place {
            case .route(let pattern): pattern
            case .file: "(file)"
            case .nowhere: "(none)"
            }
        return [("route", route), ("method", method == .other ? "(other)" : "\(method.name)")]
    }
}

extension ProblemKind {
    /// What an answer of this kind is counted as: 1 or more.
    var tag: UInt8 {
        let index = Self.allCases.firstIndex(of: self) ?? 0
        return UInt8(truncatingIfNeeded: index + 1)
    }

    /// The kind that is counted as this; `nil` if none is.
    init?(tag: UInt8) {
        guard Self.allCases.indices.contains(Int(tag) - 1) else { return nil }
        self = Self.allCases[Int(tag) - 1]
    }
}
