import KernelMemory
import Testing

/// Which functions have results.
@Suite struct FunctionResultTests {
    /// Every function, called with what keeps a machine running, returns nothing if it is void.
    @Test(arguments: KernelFunction.all.map(\.name))
    func function_returnsNothing_ifItIsVoid(name: String) throws {
        let function = try #require(KernelFunction.named(name))
        var machine = Machine(try MachineConfiguration(kind: .classroom))
        let page = machine.apply(.allocPage(.kernel)).returned
        let address = machine.apply(.kmalloc(size: 64, .kernel)).returned
        guard case .page(let page) = page, case .address(let address) = address else {
            Issue.record("no memory")
            return
        }
        let arguments = function.parameters.map { parameter -> KernelFunction.Argument in
            switch parameter.kind {
            case .gfp: .gfp(.kernel)
            case .page: .number(page.rawValue)
            case .pages: .pages([page])
            case .address, .cache: .number(address.rawValue)
            case .name, .lock: .text("name")
            case .size, .areaSize, .count: .number(64)
            case .width: .number(4)
            default: parameter.usual ?? .number(0)
            }
        }
        let returned = machine.apply(function.call(arguments)).returned
        guard !machine.isHalted, returned != .blocked else { return }
        #expect((returned == .void) == function.isVoid, "\(returned)")
    }
}
