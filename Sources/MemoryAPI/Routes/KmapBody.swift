import CSimdJSON
import KernelMemory
import MicroHTTPD

/// The body of `POST /kmap` and of `POST /kmap_atomic`: which page is to be mapped.
struct KmapBody {
    /// The page.
    let page: PagePointer
    /// The function is `kmap_local_page`.
    private(set) var isLocal = false
    /// The slot of 2.6's `kmap_atomic`; `nil` for the form of 6.1.
    private(set) var type: KmapType?
    /// The CPU to run on.
    private(set) var cpu: UInt32?

    /// The members for a permanent mapping.
    static let permanent = FieldNames(["page", "index", "cpu"])
    /// Those for a temporary one.
    static let temporary = FieldNames(["page", "index", "cpu", "type", "call"])
    private static let functions = FieldNames(["kmap_atomic", "kmap_local_page"])

    /// Reads the body.
    init(
        _ request: borrowing Request, _ view: SessionView, _ fields: FieldNames
    ) throws(Problem) {
        var reader = try JSONObjectReader(request, fields)
        var pages: [PagePointer]?
        var index = 0
        var isAtomic = true
        var type: KmapType?
        var cpu: UInt32?
        while let field = try reader.next() {
            switch field {
            case 0: pages = try reader.value.pages(at: reader.pointer, view)
            case 1: index = Int(try reader.number(0...1_023))
            case 2: cpu = try reader.cpu()
            case 3: type = try reader.kmapType()
            default: isAtomic = try reader.function(Self.functions) == 0
            }
        }
        guard let pages else {
            throw .missing("page", "the id of pages, or the address of a struct page as a text")
        }
        guard index < pages.count else { throw Self.indexProblem(index, pages.count) }
        if !isAtomic, type != nil { throw Self.typeProblem }
        page = pages[index]
        isLocal = !isAtomic
        self.type = type
        self.cpu = cpu
    }

    private static func indexProblem(_ index: Int, _ count: Int) -> Problem {
        let wanted = "a page of the block, 0 to \(count - 1)"
        return Problem(
            .invalidField, "index must be \(wanted), not \(index).",
            faults: [.init(place: .body("/index"), value: "\(index)", detail: "must be \(wanted)")])
    }

    private static var typeProblem: Problem {
        Problem(
            .invalidField, "type must be left out: kmap_local_page has none.",
            faults: [.init(place: .body("/type"), detail: "must be left out with kmap_local_page")])
    }
}

extension JSONObjectReader {
    /// The current value as a type of 2.6's temporary mappings; `null` is none.
    fileprivate func kmapType() throws(Problem) -> KmapType? {
        if value.kind == CSJ_NULL { return nil }
        let wanted = "one of \(KmapType.names.joined(separator: ", "))"
        let name = String(decoding: try text(wanted), as: UTF8.self)
        guard let type = KmapType(name: name) else {
            let suggestions = nearest(to: name, among: KmapType.names)
            throw Problem(
                .invalidField,
                "\(name) is no type of kmap_atomic" + Problem.didYouMean(suggestions),
                suggestions: suggestions,
                faults: [.init(place: .body(pointer), value: name, detail: "must be \(wanted)")])
        }
        return type
    }
}
