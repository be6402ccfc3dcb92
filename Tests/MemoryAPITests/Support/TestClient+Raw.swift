import MicroHTTPD

extension TestClient {
    /// A batch of calls as a request whose response is not checked: it may be very long.
    func raw(_ calls: String) -> SyntheticRequest {
        SyntheticRequest(
            "POST", "/calls",
            headers: [
                ("Authorization", "Bearer \(token ?? "")"), ("Content-Type", "application/json"),
            ], body: Array(calls.utf8))
    }
}
