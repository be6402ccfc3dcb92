import MicroHTTPD

/// What the service does and needs, for Prometheus. No session shows in it by name.
extension MemoryService {
    var metricsEndpoints: [Endpoint] {
        [open(.get, "/metrics", produces: ["text/plain"], metrics)]
    }

    private var metrics: OpenHandler {
        { [self] (_, response) throws(Problem) in
            response.setHeader("Cache-Control", "no-store")
            response.setHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            var text = PrometheusText()
            writeRequests(to: &text)
            writeSessions(to: &text)
            writeMemory(to: &text)
            writeJournal(to: &text)
            writeProcess(to: &text)
            response.body = text.finish()
        }
    }
}
