/// How much memory an i386 kernel itself takes, in pages: two kernels were recorded, which differ in
/// nothing but their slab allocator.
///
///     | text, data | initialisation, freed after boot | lock table, freed while booting | bss |
///
/// The numbers are those of the `reserved` ranges in the dumps of the two kernels' page traces. What
/// lies in the middle was freed in two steps: the table of lock prefixes before the watermarks are
/// computed (`alternative_instructions`, arch/x86/kernel/alternative.c, 6.1), the rest after the
/// last initcall (`free_initmem`, arch/x86/mm/init.c). No dump tells where the one ends; the
/// watermarks recorded for `slab` on 64 MiB and on 128 MiB allow 2 to 5 pages.
struct KernelImage {
    var textPages: UInt32
    var initPages: UInt32
    var lockTablePages: UInt32 = 3
    var dataPages: UInt32
    /// Pages of per-CPU data, for every CPU. `pcpu_embed_first_chunk` (mm/percpu.c)
    var perCPUPages: UInt32

    /// The kernel that was built with this slab allocator, with its debugging options or without.
    ///
    /// Of the former it is known how many pages were reserved in all, and where one of its page tables
    /// was: 21 pages more are in front of those.
    init(_ slab: MachineConfiguration.SlabAllocator, debug: Bool) {
        switch slab {
        case .slub: self.init(textPages: 751, initPages: 67, dataPages: 81, perCPUPages: 24)
        case .slab: self.init(textPages: 745, initPages: 68, dataPages: 72, perCPUPages: 25)
        }
        if debug { dataPages += 21 }
    }

    private init(textPages: UInt32, initPages: UInt32, dataPages: UInt32, perCPUPages: UInt32) {
        self.textPages = textPages
        self.initPages = initPages
        self.dataPages = dataPages
        self.perCPUPages = perCPUPages
    }
}
