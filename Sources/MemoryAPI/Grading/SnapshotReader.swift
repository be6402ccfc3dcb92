import CSimdJSON
import KernelMemory
import MicroHTTPD
import Synchronization

/// The state that the handlers of snapshots look at while an assertion asks them.
private final class ViewInSight: @unchecked Sendable {
    @TaskLocal static var current: ViewInSight?

    let view: SessionView

    init(_ view: SessionView) { self.view = view }
}

/// The routes that only look at a session, with the state given instead of a token.
final class SnapshotRouter: Sendable {
    private let router = Mutex<Router?>(nil)

    /// Answers a GET as a session in some state would.
    ///
    /// - Parameter endpoints: all endpoints of the service.
    func respond(
        to target: String, _ view: SessionView, _ endpoints: () -> [Endpoint]
    ) -> RecordedResponse {
        let router = router.withLock { router in
            if let router { return router }
            let made = Router(
                routes: endpoints().compactMap(Self.route), fallback: Problem.renderer)
            router = made
            return made
        }
        return ViewInSight.$current.withValue(ViewInSight(view)) {
            router.respond(to: SyntheticRequest("GET", target))
        }
    }

    private static func route(_ endpoint: Endpoint) -> Route? {
        guard let look = endpoint.look else { return nil }
        // Which step it is, the assertion says with "at".
        let names = FieldNames(endpoint.query.all.filter { $0 != "step" })
        return Route(.get, endpoint.route.pattern, produces: endpoint.route.produces) {
            request, response in
            do throws(Problem) {
                try request.checkQuery(names)
                guard let sight = ViewInSight.current else {
                    preconditionFailure("a snapshot is asked for with a state")
                }
                try look(request, sight.view, &response)
            } catch { error.write(to: &response) }
        }
    }
}

/// What a GET answered to an assertion.
enum SnapshotAnswer {
    /// The document, to be read again for each pointer.
    case json(PaddedBytesBox)
    /// A text, as `/proc` has them.
    case text(String)
    /// A refusal: its kind, and why.
    case refused(kind: String, detail: String)
}

/// Bytes of a document that several assertions read.
final class PaddedBytesBox: Sendable {
    private let block: PaddedBytes

    init(_ bytes: [UInt8]) {
        var block = PaddedBytes()
        bytes.withUnsafeBytes { block.append($0) }
        self.block = block
    }

    /// Parses the document, which is then the thread's.
    func parse() throws(Problem) -> csj_value { try JSONBody.parse(block.bytes) }

    var count: Int { block.count }
}

extension SnapshotAnswer {
    init(_ response: RecordedResponse) {
        guard response.status == 200 else {
            self = Self.refusal(response)
            return
        }
        let isJSON = response.header("Content-Type") == "application/json"
        self =
            isJSON
            ? .json(PaddedBytesBox(response.body))
            : .text(String(decoding: response.body, as: UTF8.self))
    }

    private static func refusal(_ response: RecordedResponse) -> SnapshotAnswer {
        let document = PaddedBytesBox(response.body)
        let value = withExtendedLifetime(document) { (try? document.parse()).map { JSONValue($0) } }
        guard case .object(let members)? = value else { return .refused(kind: "", detail: "") }
        func text(_ name: String) -> String {
            for case (name, .text(let text)) in members { return text }
            return ""
        }
        return .refused(kind: text("type"), detail: text("detail"))
    }
}

/// Walks down a document by a JSON Pointer.
///
/// - Returns: the value there; `nil` if there is none.
func pointedTo(by tokens: [String], in root: csj_value) -> csj_value? {
    tokens.reduce(root) { value, token in
        switch value?.kind {
        case CSJ_OBJECT: member(token, of: value!)
        case CSJ_ARRAY: element(token, of: value!)
        default: nil
        }
    }
}

private func member(_ name: String, of object: csj_value) -> csj_value? {
    var object = object
    var name = name
    return name.withUTF8 { name in
        var cursor = csj_members(&object)
        var key = csj_text()
        var value = csj_value()
        while csj_next_member(&cursor, &key, &value) {
            let bytes = UnsafeRawBufferPointer(start: key.start, count: key.count)
            if bytes.equals(UnsafeRawBufferPointer(name)) { return value }
        }
        return nil
    }
}

private func element(_ index: String, of array: csj_value) -> csj_value? {
    guard let wanted = Int(index), wanted >= 0, "\(wanted)" == index else { return nil }
    var array = array
    var cursor = csj_elements(&array)
    var value = csj_value()
    var index = 0
    while csj_next_element(&cursor, &value) {
        if index == wanted { return value }
        index += 1
    }
    return nil
}
