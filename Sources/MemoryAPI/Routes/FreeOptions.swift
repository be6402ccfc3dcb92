import KernelMemory
import MicroHTTPD

/// The query of `DELETE /pages/{ref}`: which function frees, and with which order.
struct FreeOptions {
    private let order: UInt32?
    private let function: Function?

    private enum Function: String, CaseIterable {
        case freePages = "free_pages"
        case freePagesOf = "__free_pages"
        case freePage = "free_page"
        case freePageOf = "__free_page"

        var takesPage: Bool { self == .freePagesOf || self == .freePageOf }
        var takesOrder: Bool { self == .freePages || self == .freePagesOf }
    }

    init(_ request: borrowing Request) throws(Problem) {
        order = try request.number("order", KernelFunction.ParameterKind.order.range)
            .map { UInt32($0) }
        function = try Self.function(request)
        if let order, order != 0, let function, !function.takesOrder {
            throw Request.problem(
                "order", request.query("order"), "absent: \(function.rawValue) frees one page")
        }
    }

    private static func function(_ request: borrowing Request) throws(Problem) -> Function? {
        guard let text = request.query("call") else { return nil }
        guard let function = Function(rawValue: text.quoted) else {
            let names = Function.allCases.map(\.rawValue)
            throw Problem(
                unknownFunction: text.quoted, suggestions: nearest(to: text.quoted, among: names),
                at: .query("call"))
        }
        return function
    }

    /// The call that frees what an id allocated.
    ///
    /// - Throws: a problem when the id's block is not live any more, so that a request that is sent
    ///   twice cannot corrupt.
    func call(_ id: UInt32, _ view: SessionView) throws(Problem) -> KernelCall {
        let block = try view.liveBlock(.id(id))
        let allocation = view.call(of: id)
        let page = view.machine.pagePointer(of: block.start)
        let order = order ?? UInt32(block.order ?? 0)
        switch function ?? Self.counterpart(of: allocation) {
        case .freePagesOf: return .freePagesOf(page, order: order)
        case .freePageOf: return .freePageOf(page)
        case .freePages: return .freePages(try address(of: block, view), order: order)
        case .freePage: return .freePage(try address(of: block, view))
        }
    }

    /// The call that frees whatever is at an address; nothing is checked, as in the kernel.
    func call(_ address: UInt64, _ machine: Machine) throws(Problem) -> KernelCall {
        let isPage = machine.frame(of: PagePointer(address)) != nil
        let order = order ?? 0
        return switch function ?? (isPage ? .freePagesOf : .freePages) {
        case .freePagesOf: .freePagesOf(PagePointer(address), order: order)
        case .freePageOf: .freePageOf(PagePointer(address))
        case .freePages: .freePages(VirtualAddress(address), order: order)
        case .freePage: .freePage(VirtualAddress(address))
        }
    }

    /// The function that undoes an allocation, by what that returned: an address or a page.
    private static func counterpart(of allocation: KernelCall?) -> Function {
        switch allocation {
        case .getFreePages, .getFreePage, .getZeroedPage: .freePages
        default: .freePagesOf
        }
    }

    private func address(
        of block: FrameRun, _ view: SessionView
    ) throws(Problem) -> VirtualAddress {
        guard let address = view.machine.address(of: block.start) else {
            throw Problem(
                .invalidQuery,
                "A page of high memory has no address to free it by; use __free_pages.",
                suggestions: ["__free_pages"],
                faults: [.init(place: .query("call"), detail: "must be __free_pages")])
        }
        return address
    }
}
