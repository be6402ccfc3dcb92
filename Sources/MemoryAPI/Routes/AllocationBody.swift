import KernelMemory
import MicroHTTPD

/// The body of `POST /pages`.
struct AllocationBody {
    let call: RequestedCall

    private static let fields = FieldNames(["call", "gfp", "order", "cpu"])

    /// Reads the body; an empty one is `alloc_pages(GFP_KERNEL, 0)`.
    @inline(__always)
    init(_ request: borrowing Request) throws(Problem) {
        var reader = try JSONObjectReader(request, Self.fields)
        var function = AllocationFunction.allocPages
        var gfp = GFPFlags.kernel
        var order: UInt32 = 0
        var cpu: UInt32?
        while let field = try reader.next() {
            switch field {
            case 0: function = try AllocationFunction(reader)
            case 1: gfp = try GFPFlags(reader.value, at: reader.pointer)
            case 2: order = UInt32(try reader.number(KernelFunction.ParameterKind.order.range))
            default: cpu = try reader.cpu()
            }
        }
        if order != 0, !function.takesOrder { throw function.orderProblem(order) }
        call = RequestedCall(call: function.call(gfp, order), cpu: cpu)
    }
}

/// The functions that `POST /pages` calls.
enum AllocationFunction: Int, CaseIterable {
    case allocPages, allocPage, getFreePages, getFreePage, getZeroedPage

    private static let names = FieldNames([
        "alloc_pages", "alloc_page", "__get_free_pages", "__get_free_page", "get_zeroed_page",
    ])

    /// Reads the function's name from the current member.
    @inline(__always)
    fileprivate init(_ reader: borrowing JSONObjectReader) throws(Problem) {
        let text = try reader.text("the name of a function that allocates pages")
        guard let index = Self.names.index(of: text) else {
            // Here the arguments are fields of their own; the name may still be a near miss.
            let name = String(text.quoted.prefix { $0 != "(" })
            throw Problem(
                unknownFunction: text.quoted, suggestions: nearest(to: name, among: Self.names.all),
                at: .body("/call"))
        }
        self = Self(rawValue: index).unsafelyUnwrapped
    }

    fileprivate var takesOrder: Bool { self == .allocPages || self == .getFreePages }

    fileprivate func call(_ gfp: GFPFlags, _ order: UInt32) -> KernelCall {
        switch self {
        case .allocPages: .allocPages(gfp, order: order)
        case .allocPage: .allocPage(gfp)
        case .getFreePages: .getFreePages(gfp, order: order)
        case .getFreePage: .getFreePage(gfp)
        case .getZeroedPage: .getZeroedPage(gfp)
        }
    }

    fileprivate func orderProblem(_ order: UInt32) -> Problem {
        Problem(
            .invalidField, "\(Self.names.all[rawValue]) allocates one page: leave order out.",
            faults: [
                .init(place: .body("/order"), value: "\(order)", detail: "must be absent or 0")
            ])
    }
}
