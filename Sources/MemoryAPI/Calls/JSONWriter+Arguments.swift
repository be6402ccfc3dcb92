import KernelMemory

/// A call's function and arguments by name: with them, `POST /calls` makes the call again.
extension JSONWriter {
    /// Writes `function` and `arguments`.
    ///
    /// What has a route of its own has the names of that route's body: stores (`PUT
    /// /memory/{address}`), series of loads, transfers of devices, and modules.
    mutating func memberArguments(of call: KernelCall) {
        switch call {
        case .store(let address, let bytes):
            function("memcpy_to") { json in
                json.member("address", address: address.rawValue)
                json.member("hex", bytes.lowercaseHexadecimal)
            }
        case .access(let pattern): function("access") { json in json.arguments(of: pattern) }
        case .dma(let request): function("dma") { json in json.arguments(of: request) }
        case .loadModule(let module): function("load_module") { json in json.arguments(of: module) }
        case .deleteModule(let module):
            function("delete_module") { json in json.member("name", module.name) }
        case .vmap(let pages):
            function("vmap") { json in
                json.array("pages") { json in
                    for page in pages { json.address(page.rawValue) }
                }
            }
        default: parsedArguments(of: call)
        }
    }

    private mutating func function(_ name: String, _ members: (inout JSONWriter) -> Void) {
        member("function", name)
        object("arguments", members)
    }

    private mutating func parsedArguments(of call: KernelCall) {
        guard let parsed = try? ParsedCall(parsing: call.description) else {
            preconditionFailure("\(call) is no call as it is written")
        }
        function(parsed.function.name) { json in
            for (parameter, argument) in zip(parsed.function.parameters, parsed.arguments)
            where !argument.isLeftOut(parameter.kind) {
                json.key(named: parameter.name)
                json.argument(argument, parameter.kind)
            }
        }
    }

    private mutating func argument(
        _ argument: KernelFunction.Argument, _ kind: KernelFunction.ParameterKind
    ) {
        switch (argument, kind) {
        case (.gfp(let flags), _): text(flags.description)
        case (.number(let number), .cacheFlags):
            text(CacheFlags(rawValue: UInt32(number)).description)
        case (.number(0), .page), (.number(0), .address), (.number(0), .cache): text("NULL")
        case (.number(let number), .page), (.number(let number), .address),
            (.number(let number), .cache):
            address(number)
        case (.number(let number), _): self.number(number)
        case (.text(let text), _): self.text(text)
        case (.pages(let pages), _):
            array { json in for page in pages { json.address(page.rawValue) } }
        }
    }

    private mutating func arguments(of pattern: AccessPattern) {
        member("address", address: pattern.start.rawValue)
        member("length", pattern.length)
        member("count", pattern.count)
        switch pattern.order {
        case .stride(let stride):
            member("pattern", "strided")
            member("stride", stride)
        case .random(let seed):
            member("pattern", "random")
            member("seed", seed)
        case .list(let offsets):
            member("pattern", "list")
            array("offsets") { json in for offset in offsets { json.number(offset) } }
        }
    }

    private mutating func arguments(of request: DMARequest) {
        member("physical_address", address: request.address.rawValue)
        member("length", request.length)
        member("direction", request.direction.rawValue)
        member("mask_bits", request.maskBits)
        member("byte", request.byte)
    }

    private mutating func arguments(of module: ModuleRequest) {
        member("name", module.name)
        member("text_size", module.textSize)
        member("data_size", module.dataSize)
    }
}

extension KernelFunction.Argument {
    /// Whether the call has no such argument: today's `kmap_atomic` has no type of mapping.
    fileprivate func isLeftOut(_ kind: KernelFunction.ParameterKind) -> Bool {
        if case .text("") = self { kind == .kmapType } else { false }
    }
}

extension [UInt8] {
    /// Two digits for each byte.
    fileprivate var lowercaseHexadecimal: String {
        String(
            decoding: flatMap { [hexadecimalDigit($0 >> 4), hexadecimalDigit($0 & 15)] },
            as: UTF8.self)
    }
}
