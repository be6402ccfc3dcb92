import Testing

@testable import MemoryAPI

extension MemoryService {
    /// Looks at the session of a token.
    func look<Result>(
        _ token: String, _ body: (inout SessionState) -> Result
    ) throws -> Result {
        let session = try Array(token.utf8).withUnsafeBytes { bytes in
            try Token(bytes).flatMap { try store.session($0) }
        }
        return try store.look(at: try #require(session), .own, body)
    }
}
