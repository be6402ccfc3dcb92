import Testing

/// GET and PUT /context, and what is refused in a context.
@Suite struct ContextAPITests {
    @Test func put_makesTheCallsThatLeadThere() throws {
        let client = try TestClient("i386", cpus: 2)
        let reply = try client.put("/context", #"{"cpu":1,"context":"hardirq"}"#)
        #expect(
            reply.json["calls"].array.compactMap { $0["call"].string } == [
                "run_on_cpu(1)", "enter_irq()",
            ])
        #expect(reply.json["cpus"][1]["context"].string == "hardirq")
        #expect(reply.json["cpus"][1]["may_sleep"] == .bool(false))
        #expect(reply.json["cpus"][0]["may_sleep"] == .bool(true))
        let back = try client.put(
            "/context", #"{"context":"process","preempt_disabled":true,"irqs_disabled":true}"#)
        #expect(
            back.json["calls"].array.compactMap { $0["call"].string }
                == ["exit_irq()", "local_irq_disable()", "preempt_disable()"])
        let none = try client.put("/context", "{}")
        #expect(none.json["calls"].array.isEmpty)
        #expect(none.json["step"].int == 5)
    }

    /// What PUT may ask for: a context, and three things switched off or not.
    private struct Wanted {
        static let all = ["process", "softirq", "hardirq"].flatMap { context in
            (0..<8).map {
                Wanted(context: context, isOff: [$0 & 1 != 0, $0 & 2 != 0, $0 & 4 != 0])
            }
        }

        let context: String
        let isOff: [Bool]

        var body: String {
            #"{"context":"\#(context)","irqs_disabled":\#(isOff[0]),"#
                + #""softirqs_disabled":\#(isOff[1]),"preempt_disabled":\#(isOff[2])}"#
        }

        func isReached(_ cpu: JSON) -> Bool {
            cpu["context"].string == context && cpu["irqs_disabled"] == .bool(isOff[0])
                && (cpu["softirqs_disabled"].int ?? 0 > 0) == isOff[1]
                && (cpu["preempt_disabled"].int ?? 0 > 0) == isOff[2]
        }
    }

    /// From every context into every other: PUT gets there, and breaks no rule on the way.
    @Test(arguments: [false, true]) func put_getsFromAnyContextIntoAnyOther(_ debug: Bool) throws {
        let client = try TestClient("i386", options: "\"debug\":\(debug)")
        for (index, first) in Wanted.all.enumerated() {
            for second in Wanted.all[index...] {
                for wanted in [first, second] {
                    let reply = try client.put("/context", wanted.body)
                    #expect(wanted.isReached(reply.json["cpus"][0]), "\(wanted): \(reply.text)")
                }
            }
        }
        #expect(try client.get("/report").json["misuse"].array.isEmpty)
        #expect(try client.get("/dmesg").json["lines"].array.isEmpty)
    }

    @Test func put_thatLeavesSomethingOut_leavesItAsItIs() throws {
        let client = try TestClient("i386")
        for (body, context, depth) in [
            (#"{"context":"softirq","softirqs_disabled":true}"#, "softirq", 1),
            (#"{"context":"process"}"#, "process", 0), (#"{"context":"softirq"}"#, "softirq", 0),
            (#"{"context":"hardirq","softirqs_disabled":true}"#, "hardirq", 1),
            (#"{"softirqs_disabled":false}"#, "hardirq", 0),
            (#"{"context":"process"}"#, "process", 0),
        ] {
            let cpu = try client.put("/context", body).json["cpus"][0]
            #expect(cpu["context"].string == context)
            #expect(cpu["softirqs_disabled"].int == depth)
        }
        #expect(try client.get("/report").json["misuse"].array.isEmpty)
    }

    @Test func put_withACountOutOfBalance_isRefusedAndChangesNothing() throws {
        let client = try TestClient("i386")
        _ = try client.post("/calls", #"{"call":"local_bh_enable()"}"#)
        let refused = try client.put("/context", #"{"context":"softirq","preempt_disabled":true}"#)
        #expect(refused.status == 409)
        #expect(refused.json["type"].string == "/problems/context-unreachable")
        #expect(try client.get("/context").json["step"].int == 1)
    }

    /// Nor is it among what can be redone, and what could be still can.
    @Test func put_thatLeadsNowhere_leavesNoTrace() throws {
        let client = try TestClient("i386")
        for call in ["local_bh_enable()", "kmalloc(8, GFP_ATOMIC)"] {
            _ = try client.post("/calls", "{\"call\":\"\(call)\"}")
        }
        _ = try client.post("/undo", "{}")
        let body = #"{"context":"softirq","preempt_disabled":true}"#
        #expect(try client.put("/context", body).status == 409)
        #expect(try client.post("/redo", "{}").json["step"].int == 2)
        #expect(try client.get("/journal").json["entries"].array.count == 2)
    }

    /// A lock keeps preemption disabled; to release it is the caller's business.
    @Test(arguments: ["spin_lock(a)", "kmap_atomic(0x0)"])
    func put_thatEnablesPreemption_whereItIsKept_isRefused(_ call: String) throws {
        let client = try TestClient("i386")
        let page = try client.post("/calls", #"{"call":"alloc_page(GFP_HIGHUSER)"}"#)
        let pointer = try #require(page.json["returned"].string)
        let text = call.replacing("0x0", with: pointer)
        _ = try client.post("/calls", "{\"call\":\"\(text)\"}")
        let refused = try client.put("/context", #"{"preempt_disabled":false}"#)
        #expect(refused.status == 409)
        #expect(refused.json["type"].string == "/problems/context-unreachable")
        #expect(refused.json["detail"].string?.contains("that keeps preemption") == true)
        #expect(try client.put("/context", #"{"preempt_disabled":true}"#).status == 200)
    }

    @Test func unbalanced_isReported() throws {
        let client = try TestClient("i386")
        for call in ["preempt_disable()", "spin_lock(&dev->lock)", "local_bh_disable()"] {
            #expect(try client.post("/calls", "{\"call\":\"\(call)\"}").status == 200)
        }
        let report = try client.get("/report").json
        #expect(
            report["unbalanced"].array.compactMap { $0["missing"].string }
                == ["preempt_enable", "local_bh_enable", "spin_unlock(&dev->lock)"])
        #expect(
            report["summary"].string?.contains("preempt_disable without preempt_enable") == true)
    }

    /// A lock stands for all that its function switched off, and who spins for one has nothing to answer yet.
    @Test(arguments: [("", ""), ("_bh", "_bh"), ("_irq", "_irq"), ("_irqsave", "_irqrestore")])
    func locks_areUnbalancedOnce(lock: String, unlock: String) throws {
        let client = try TestClient("i386", cpus: 2)
        for cpu in 0..<2 {
            _ = try client.post("/calls", "{\"call\":\"spin_lock\(lock)(a)\",\"cpu\":\(cpu)}")
        }
        let unbalanced = try client.get("/report").json["unbalanced"].array
        #expect(unbalanced.compactMap { $0["missing"].string } == ["spin_unlock\(unlock)(a)"])
        let flags = lock == "_irqsave" ? ", 0x202" : ""
        _ = try client.post("/calls", "{\"call\":\"spin_unlock\(unlock)(a\(flags))\",\"cpu\":0}")
        let next = try client.get("/report").json
        #expect(next["unbalanced"].array.map { $0["cpu"].int } == [1])
        #expect(next["misuse_count"].int == 0)
    }

    /// A handler that holds a lock does not end: whoever it interrupted would go on with preemption off.
    @Test func put_outOfAnInterruptThatHoldsALock_isRefused() throws {
        let client = try TestClient("i386")
        for call in ["enter_irq()", "spin_lock(a)"] {
            _ = try client.post("/calls", "{\"call\":\"\(call)\"}")
        }
        #expect(try client.put("/context", #"{"context":"process"}"#).status == 409)
        #expect(try client.get("/report").json["misuse_count"].int == 0)
        #expect(try client.get("/context").json["step"].int == 2)
    }

    /// To take softirqs from under the lock that keeps them away is no way.
    @Test func put_thatEnablesSoftirqs_whereALockKeepsThemAway_isRefused() throws {
        let client = try TestClient("i386")
        _ = try client.post("/calls", #"{"call":"spin_lock_bh(a)"}"#)
        #expect(try client.put("/context", #"{"softirqs_disabled":false}"#).status == 409)
        let twice = try client.put("/context", #"{"softirqs_disabled":true}"#)
        #expect(twice.json["calls"].array.isEmpty)
    }

    @Test func mappings_areUnbalancedAndInTheTotals() throws {
        let client = try TestClient("classroom")
        _ = try client.post("/calls", #"{"call":"alloc_page(GFP_HIGHUSER)"}"#)
        for path in ["/kmap", "/kmap_atomic"] { _ = try client.post(path, #"{"page":1}"#) }
        let report = try client.get("/report").json
        #expect(
            report["unbalanced"].array.compactMap { $0["missing"].string }
                == ["kunmap_atomic", "kunmap"])
        #expect(report["unbalanced"][1]["cpu"] == .null)
        #expect(
            report["leak_totals"].array.compactMap { $0["call"].string }
                == ["alloc_page", "kmap", "kmap_atomic"])
    }

    @Test(arguments: ["vmalloc(4096)", "vunmap(0xf7bfe000)"])
    func areas_inAnInterrupt_areContextViolations(_ call: String) throws {
        let client = try TestClient("classroom")
        for call in ["enter_irq()", call] {
            _ = try client.post("/calls", "{\"call\":\"\(call)\"}")
        }
        let report = try client.get("/report").json
        #expect(report["context_violations"].int == 1)
        #expect(report["misuse"][0]["code"].string == "vmalloc-in-interrupt")
    }

    @Test func kunmapLocal_ofAUsersAddress_isNoticed() throws {
        let client = try TestClient("classroom")
        _ = try client.post("/calls", #"{"call":"kunmap_local(0x1000)"}"#)
        let misuse = try client.get("/report").json["misuse"][0]
        #expect(misuse["code"].string == "kunmap-of-wrong-address")
        #expect(misuse["noticed_by_kernel"] == .bool(true))
    }

    @Test func spinning_refusesCallsOfThatCPUOnly() throws {
        let client = try TestClient("i386", cpus: 2)
        _ = try client.post("/calls", #"{"call":"spin_lock(a)"}"#)
        let blocked = try client.post("/calls", #"{"call":"spin_lock(a)","cpu":1}"#)
        #expect(blocked.json["blocked"]["held"][0]["cpu"].int == 0)
        let refused = try client.post("/calls", #"{"call":"alloc_page(GFP_ATOMIC)"}"#)
        #expect(refused.status == 409)
        #expect(refused.json["type"].string == "/problems/cpu-spins")
        let freed = try client.post("/calls", #"{"call":"spin_unlock(a)","cpu":0}"#)
        #expect(freed.json["resumed"][0]["cpu"].int == 1)
        #expect(try client.get("/context").json["locks"][0]["cpu"].int == 1)
    }

    @Test func batch_onASpinningCPU_goesOnElsewhere() throws {
        let client = try TestClient("i386", cpus: 2)
        let batch = try client.post(
            "/calls",
            #"""
            [{"call":"spin_lock(a)"},{"call":"spin_lock(a)","cpu":1},{"call":"alloc_page(GFP_ATOMIC)"},
             {"call":"spin_unlock(a)","cpu":0},{"call":"spin_unlock(a)","cpu":1}]
            """#)
        #expect(batch.json[2]["step"] == .null)
        #expect(batch.json[3]["resumed"][0]["cpu"].int == 1)
        #expect(batch.json[4]["misuse"].array.isEmpty)
    }
}
