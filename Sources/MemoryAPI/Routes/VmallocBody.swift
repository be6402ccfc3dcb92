import CSimdJSON
import KernelMemory
import MicroHTTPD

/// The body of `POST /vmalloc`.
enum VmallocBody {
    private static let fields = FieldNames(["size", "call", "pages", "cpu"])
    private static let functions = FieldNames(["vmalloc", "vzalloc", "vmap"])

    /// Reads the body: a size, or the pages that `vmap` is to map.
    static func read(
        _ request: borrowing Request, _ view: SessionView
    ) throws(Problem) -> RequestedCall {
        var reader = try JSONObjectReader(request, fields)
        var size: UInt64?
        var function: Int?
        var pages: [PagePointer]?
        var cpu: UInt32?
        while let field = try reader.next() {
            switch field {
            case 0: size = try reader.number(KernelFunction.ParameterKind.areaSize.range)
            case 1: function = try reader.function(functions)
            case 2: pages = try reader.pages(view)
            default: cpu = try reader.cpu()
            }
        }
        let call = try call(function ?? (pages == nil ? 0 : 2), size, pages)
        return RequestedCall(call: call, cpu: cpu)
    }

    private static func call(
        _ function: Int, _ size: UInt64?, _ pages: [PagePointer]?
    ) throws(Problem) -> KernelCall {
        if function == 2 {
            if size != nil { throw unneeded("size", "vmap maps the pages that it is given") }
            guard let pages else { throw .missing("pages", "the pages to map") }
            return .vmap(pages)
        }
        if pages != nil { throw unneeded("pages", "only vmap takes pages") }
        guard let size else { throw .missing("size", "the number of bytes") }
        return function == 1 ? .vzalloc(size: size) : .vmalloc(size: size)
    }

    private static func unneeded(_ name: String, _ why: String) -> Problem {
        Problem(
            .invalidField, "\(name) must be left out: \(why).",
            faults: [.init(place: .body("/\(name)"), detail: "must be left out: \(why)")])
    }
}

extension JSONObjectReader {
    /// The current value as pages: addresses of a `struct page`, and ids, which stand for all pages of
    /// their block.
    fileprivate func pages(_ view: SessionView) throws(Problem) -> [PagePointer] {
        let limit = KernelFunction.mappedPageLimit
        let wanted = "an array of ids and addresses, \(limit) pages at most"
        guard value.kind == CSJ_ARRAY else { throw problem(wanted) }
        var cursor = withUnsafePointer(to: value) { csj_elements($0) }
        var element = csj_value()
        var pages: [PagePointer] = []
        var index = 0
        while csj_next_element(&cursor, &element) {
            pages += try element.pages(at: "\(pointer)/\(index)", view)
            guard pages.count <= limit else { throw problem(wanted) }
            index += 1
        }
        return pages
    }
}

extension csj_value {
    /// The pages of a live block by its id, or one page by its address.
    func pages(
        at pointer: String, _ view: SessionView
    ) throws(Problem) -> [PagePointer] {
        if kind == CSJ_STRING { return [PagePointer(try address(at: pointer))] }
        guard kind == CSJ_UNSIGNED, whole >= 1, whole <= UInt32.max else {
            throw problem(
                at: pointer, wanted: "the id of pages, or the address of a struct page as a text")
        }
        let first = view.allocatedFrame(by: UInt32(whole))
        guard let first, view.machine.frameRun(at: first).step == UInt32(whole),
            view.machine.frameRun(at: first).state == .allocated
        else { throw problem(at: pointer, wanted: "the id of pages that are live") }
        let count = view.machine.frameRun(at: first).count
        return (first.rawValue..<(first.rawValue + count)).map {
            view.machine.pagePointer(of: PageFrameNumber($0))
        }
    }
}
