/// Whether a machine is large enough to keep pages of one mobility together.
///
/// With fewer than a page block for every migrate type there would be nothing to keep apart. Then
/// every request counts as unmovable, and takes page blocks for that as it needs them.
extension Architecture {
    /// Pages of a zone, less what its memory map takes, which high memory keeps elsewhere.
    ///
    /// The corresponding kernel functions are `calc_memmap_size` and `free_area_init_core`
    /// (mm/page_alloc.c, 6.1).
    private func freePages(_ zone: Int, spanned: UInt32, present: UInt32) -> UInt64 {
        if isHighmem(zone) { return UInt64(present) }
        let hasHoles = self == .x86_64 && spanned > present + present >> 4
        let counted = hasHoles ? present : spanned
        let map = (UInt64(counted) * structPageSizeInBytes + 4095) >> 12
        return UInt64(present) >= map ? UInt64(present) - map : UInt64(present)
    }

    /// Whether pages are grouped by mobility, given the frames that each zone spans and that exist.
    ///
    /// What x86_64 reserves in its lowest 16 MiB is not taken off: it cannot matter to a machine
    /// of 32 MiB.
    ///
    /// The corresponding kernel variable is `page_group_by_mobility_disabled`, which
    /// `build_all_zonelists` sets (mm/page_alloc.c, 6.1).
    func groupsByMobility(
        pageBlockOrder: UInt32, _ zones: [(index: Int, spanned: UInt32, present: UInt32)]
    ) -> Bool {
        let pages = zones.reduce(0) {
            $0 + freePages($1.index, spanned: $1.spanned, present: $1.present)
        }
        return pages >= UInt64(MachineShape.migrateTypeCount) << UInt64(pageBlockOrder)
    }
}
