import Foundation
import Testing

/// The corpora of the fuzzers, each input once: what was found must stay mended.
@Suite struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Corpora")

    @Test(arguments: FuzzTarget.all.map(\.name))
    func corpus_ofEachTarget_findsNothing(_ name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.folder.appending(path: name), includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files.sorted(by: { $0.path < $1.path }) {
            let bytes = try Data(contentsOf: file)
            #expect(throws: Never.self, "\(file.lastPathComponent)") {
                try bytes.withUnsafeBytes { try target.run($0) }
            }
        }
    }

    @Test func target_withWhatIsUntrue_isNoticed() {
        #expect(throws: FuzzFinding.self) { try demand(1 > 2, "is not so") }
    }
}
