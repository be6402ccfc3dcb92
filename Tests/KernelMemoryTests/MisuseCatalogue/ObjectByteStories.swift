import KernelMemory

/// Loads and stores around objects, and after their end.
extension MisuseStory {
    static let objectBytes = [
        writePast, writeBefore, writeIntoSlack, writeAfterFree, readAfterFree,
    ]

    // On a plain machine the byte is the first of the next object, which is the caller's too.
    private static let writePast = MisuseStory(
        name: "oob_write", misuses: { $0.checksObjects ? [.writePastEnd] : [] },
        isNoticed: { _, _ in false }, prepare: prepareObjects
    ) { teller in
        tellWrite(&teller, 60, at: 64, "kmalloc(60) wrote byte 64 (past the 64-byte object)")
    }

    private static let writeBefore = MisuseStory(
        name: "oob_write_left", misuses: { _ in [.writeBeforeStart] }, isNoticed: { _, _ in false },
        prepare: prepareObjects
    ) { teller in
        tellWrite(&teller, 64, at: -1, "kmalloc(64) wrote byte -1")
    }

    private static let writeIntoSlack = MisuseStory(
        name: "oob_write_slack", misuses: { _ in [.writeIntoSlack] }, isNoticed: { _, _ in false },
        prepare: prepareObjects
    ) { teller in
        tellWrite(
            &teller, 60, at: 60, "kmalloc(60) wrote byte 60 (slack inside the 64-byte object)")
    }

    private static func tellWrite(
        _ teller: inout Storyteller, _ size: UInt64, at offset: Int64, _ text: String
    ) {
        let object = teller.kmalloc(size)
        teller.store(object &+ UInt64(bitPattern: offset), 0xee)
        teller.say(text)
        teller.kfree(object)
        teller.say("kfree returned")
    }

    /// Damaged bytes are found later, if ever.
    private static let writeAfterFree = MisuseStory(
        name: "uaf_write", misuses: { _ in [.writeAfterFree] }, isNoticed: { _, _ in false },
        prepare: prepareObjects
    ) { teller in
        let cache = teller.makeCache("kmo_uaf")
        let object = teller.kmalloc(64)
        teller.kfree(object)
        teller.store(object + 8, 0x11)
        let byte = String(teller.load(object + 8), radix: 16)
        teller.say("wrote 0x11 at offset 8 of a freed kmalloc-64 object; reading back 0x\(byte)")
        for index in 0..<200 where teller.kmalloc(64) == object {
            teller.say("object handed out again at alloc \(index)")
            break
        }
        let own = teller.allocate(cache)
        teller.free(cache, own)
        teller.store(own + 8, 0x22)
        teller.say("own cache: realloc same=\(teller.allocate(cache) == own ? 1 : 0)")
    }

    private static let readAfterFree = MisuseStory(name: "uaf_read", prepare: prepareObjects) {
        teller in
        let object = teller.kmalloc(64)
        teller.fill(object, 64)
        teller.kfree(object)
        teller.say("after kfree: \(teller.hex(object, 64))")
    }
}
