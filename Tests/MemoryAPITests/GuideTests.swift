import KernelMemory
import MicroHTTPD
import Testing

@testable import MemoryAPI

/// What `/problems` tells about each code.
@Suite struct GuideTests {
    private let client = TestClient(MemoryService(description: testDescription).router())
    private let page = [(name: "Accept", value: "text/html,application/xhtml+xml,*/*;q=0.8")]

    // MARK: - The texts

    @Test(arguments: DocumentedCode.all)
    func code_hasShortSentences(code: DocumentedCode) {
        let explanation = code.explanation
        for text in [explanation.cause, explanation.consequence, explanation.cure] {
            #expect((15...400).contains(text.count), "\(code.text): \(text)")
        }
        var texts = [explanation.cause, explanation.consequence, explanation.cure]
        if case .misuse(let misuse) = code {
            texts += [misuse.guide.plain, misuse.guide.checking]
        }
        for text in texts {
            let ending = text.hasSuffix(".") || text.hasSuffix(".)") || text.hasSuffix(".\"")
            #expect(ending, "\(code.text): \(text)")
            #expect(!text.contains("\n") && !text.contains("  "), "\(code.text): \(text)")
            #expect(text.filter { $0 == "\"" }.count % 2 == 0, "\(code.text): \(text)")
        }
        #expect((8...60).contains(code.title.count), "\(code.text)")
    }

    @Test(arguments: DocumentedCode.all)
    func code_refersToOthers(code: DocumentedCode) {
        #expect((1...4).contains(code.see.count), "\(code.text)")
        #expect(!code.see.contains(code), "\(code.text)")
        #expect(Set(code.see).count == code.see.count, "\(code.text)")
    }

    @Test func codes_areDifferentWords() {
        let texts = DocumentedCode.all.map(\.text)
        #expect(Set(texts).count == texts.count)
        #expect(Set(DocumentedCode.all.map(\.path)).count == texts.count)
        for code in DocumentedCode.all { #expect(DocumentedCode(code.text) == code) }
    }

    // MARK: - The answers

    @Test func list_hasEveryCode_andEachIsThere() throws {
        let listed = try client.get("/problems").json["problems"].array
        #expect(listed.map { $0["code"].string } == DocumentedCode.all.map(\.text))
        for entry in listed {
            let reply = try client.get(try #require(entry["href"].string))
            #expect(reply.status == 200)
            for member in ["code", "kind", "title", "severity", "status"] {
                #expect(reply.json[member] == entry[member], "\(entry)")
            }
            #expect(reply.response.header("Vary") == "Accept")
        }
    }

    @Test func openAPI_exampleOfACode_isWhatIsServed() throws {
        let operation = Interface.shared.document["paths"]["/problems/{code}"]["get"]
        let content = operation["responses"]["200"]["content"]["application/json"]
        let code = try #require(content["example"]["code"].string)
        #expect(try client.get("/problems/\(code)").json == content["example"])
    }

    @Test func unknownCode_isNotFound_withTheNearest() throws {
        let reply = try client.get("/problems/double-fre")
        #expect(reply.status == 404)
        #expect(reply.problem == "not-found")
        #expect(reply.json["suggestions"][0].string == "double-free")
        #expect(try client.get("/problems/%3Cb%3E", headers: page).problem == "not-found")
        #expect(try client.get("/problems?x=1").problem == "invalid-query")
        #expect(try client.send("POST", "/problems").problem == "method-not-allowed")
    }

    @Test func refusals_andMisuses_nameTheirPath() throws {
        let own = try TestClient()
        let refused = try own.get("/pages/7")
        #expect(try own.get(try #require(refused.json["type"].string)).status == 200)
        let broken = try own.post("/calls", #"{"call":"vmalloc(0)"}"#).json["misuse"][0]
        #expect(broken["type"].string == "/problems/vmalloc-of-nothing")
        #expect(try own.get("/report").json["misuse"][0]["type"] == broken["type"])
    }

    // MARK: - The pages

    @Test(arguments: DocumentedCode.all)
    func page_isWholeAndKeepsToThePolicy(code: DocumentedCode) throws {
        let reply = try client.get(code.path, headers: page)
        #expect(reply.response.header("Content-Type") == "text/html")
        #expect(reply.response.header("Content-Security-Policy") != nil)
        #expect(unclosedTags(reply.text) == [])
        for word in ["<script", "style=\"", "<style", "onclick", "http:"] {
            #expect(!reply.text.contains(word), "\(code.text) has \(word)")
        }
        for other in code.see { #expect(reply.text.contains("href=\"\(other.path)\"")) }
        #expect(reply.text.contains("<code>\(code.text)</code>"))
    }

    @Test func index_hasALinkToEveryCode() throws {
        let reply = try client.get("/problems", headers: page)
        #expect(unclosedTags(reply.text) == [])
        for code in DocumentedCode.all { #expect(reply.text.contains("href=\"\(code.path)\"")) }
    }

    /// Tags that are opened and not closed, or closed in the wrong order.
    private func unclosedTags(_ html: String) -> [String] {
        var open: [String] = []
        for part in html.split(separator: "<").dropFirst() {
            let name = part.prefix { $0.isLetter || $0.isNumber || $0 == "/" || $0 == "!" }
            if ["!doctype", "meta", "link"].contains(name) { continue }
            if name.first != "/" {
                open.append(String(name))
            } else if open.popLast() != String(name.dropFirst()) {
                return open + [String(name)]
            }
        }
        return open
    }
}
