/// Modules: code that comes later than the kernel, and so lives in vmalloc's memory.
///
/// Only their memory is modelled: nothing runs in it yet.
extension Core {
    /// Makes room for a module: its code first, in whole pages that cannot be written, and then its data.
    ///
    /// - Returns: where it begins; 0 if there is no room, if the name is taken, or if it has no code.
    ///
    /// The corresponding kernel functions are `load_module` (kernel/module/main.c) and `module_alloc`
    /// (arch/x86/kernel/module.c, 6.1).
    func loadModule(_ request: ModuleRequest) -> UInt64 {
        mightSleep(.mutex)
        let window = moduleWindow
        let room = window.end - window.start
        if request.textSize > room || request.dataSize > room { return 0 }
        let text = (request.textSize + 4095) & ~4095
        let data = (request.dataSize + 4095) & ~4095
        if text == 0 || text + data > room { return 0 }
        if cold.modules.contains(where: { $0.name == request.name }) { return 0 }
        let start = vmalloc(
            VmallocRequest(
                size: text + data, gfp: .kernel, window: window,
                protection: PageTableEntry.kernel(shape.architecture, isExecutable: true),
                flags: .resetPermissions, caller: .loadModule))
        if start == 0 || isHalted { return 0 }
        protect(start..<(start + text), isWritable: false, isExecutable: true)
        protect((start + text)..<(start + text + data), isWritable: true, isExecutable: false)
        cold.modules.append(
            LoadedModule(
                name: request.name, address: VirtualAddress(start), textSize: text, dataSize: data,
                step: control.pointee.step))
        return start
    }

    /// Gives a module's memory back.
    ///
    /// - Returns: 0, or `-ENOENT` if there is no module of the name.
    ///
    /// The corresponding kernel function is `free_module` (kernel/module/main.c, 6.1).
    func deleteModule(_ name: String) -> Int64 {
        mightSleep(.mutex)
        guard let index = cold.modules.firstIndex(where: { $0.name == name }) else { return -2 }
        let module = cold.modules.remove(at: index)
        vfree(module.address.rawValue)
        return 0
    }

    /// Where modules may lie: on i386 with vmalloc's areas, on x86_64 within reach of the kernel's code.
    /// `MODULES_VADDR`, `MODULES_END`.
    var moduleWindow: VmapWindow {
        shape.architecture == .i386
            ? vmallocWindow
            : VmapWindow(start: 0xffff_ffff_a000_0000, end: 0xffff_ffff_ff00_0000)
    }

    /// Changes what the entries of mapped pages allow, and makes the CPUs forget them.
    ///
    /// The same pages' entries in the direct map stay as they are; the kernel changes those too.
    ///
    /// The corresponding kernel functions are `set_memory_ro` and `set_memory_nx`
    /// (arch/x86/mm/pat/set_memory.c, 6.1).
    private func protect(_ range: Range<UInt64>, isWritable: Bool, isExecutable: Bool) {
        if range.isEmpty { return }
        let bits = PageTableEntry.kernel(
            shape.architecture, isWritable: isWritable, isExecutable: isExecutable)
        for address in stride(from: range.lowerBound, to: range.upperBound, by: 4096) {
            guard let table = leafTable(address) else { continue }
            let old = entry(UInt64(table), paging.index(address, at: paging.leafLevel))
            if old.isPresent {
                setEntry(
                    table, paging.index(address, at: paging.leafLevel),
                    frameNumber(old) << 12 | bits)
            }
        }
        flushTLB(range)
    }
}

extension Machine {
    /// The modules in memory, the newest first, as `/proc/modules` has them.
    public var modules: [LoadedModule] { core.cold.modules.reversed() }

    /// The text of `/proc/modules`.
    ///
    /// The corresponding kernel function is `m_show` (kernel/module/procfs.c, 6.1).
    public var moduleText: String {
        modules.reduce("") {
            $0 + "\($1.name) \($1.textSize + $1.dataSize) 0 - Live "
                + "0x\(core.pointerDigits($1.address.rawValue))\n"
        }
    }

    @usableFromInline
    mutating func loadModule(_ request: ModuleRequest) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return .pointer(core.loadModule(request))
    }

    @usableFromInline
    mutating func deleteModule(_ name: String) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return Outcome(.number(UInt64(bitPattern: core.deleteModule(name))))
    }
}
