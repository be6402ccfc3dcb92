import MemoryAPI
import Testing

/// What `POST /grade` finds of one assertion.
private func check(
    _ assertion: String, calls: String = "[]", more: String = "", _ client: TestClient? = nil
) throws -> (passed: Bool?, message: String) {
    let client = client ?? TestClient(MemoryService().router())
    let reply = try client.post(
        "/grade",
        #"{"machine":"classroom","calls":\#(calls),\#(more)"tests":[{"expect":\#(assertion)}]}"#)
    #expect(reply.status == 200, "\(reply.text)")
    let check = reply.json["scenarios"][0]["tests"][0]["assertions"][0]
    return (check["passed"] == .bool(true), check["message"].string ?? "")
}

@Suite struct GradeAssertionTests {
    private static let calls = """
        ["p = alloc_pages(GFP_KERNEL, 2)","k = kmalloc(100, GFP_KERNEL)",{"call":"ksize($k)","as":"n"},\
        "r = alloc_pages(GFP_KERNEL|__GFP_NOWARN, 11)"]
        """

    /// Assertions that hold, those that do not, and what is said of them.
    @Test(arguments: [
        (#"{"returned":"n","equals":128}"#, true, "n is 128"),
        (#"{"returned":3,"equals":128.0}"#, true, "what call 3 returned is 128"),
        (#"{"returned":"n","above":128}"#, false, "n is 128; it must be above 128"),
        (#"{"returned":"n","below":128}"#, false, "n is 128; it must be below 128"),
        (
            #"{"returned":"n","at_least":100.5,"at_most":-1}"#, false,
            "n is 128; it must be at most -1"
        ),
        (#"{"returned":"r","equals":"NULL"}"#, true, "r is \"NULL\""),
        (#"{"returned":1,"equals":"$p"}"#, true, "what call 1 returned is \"0x"),
        (#"{"returned":"k","above":"$k-1"}"#, true, "k is \"0x"),
        (#"{"returned":"p","equals":"$zz"}"#, false, "no call has given its result that name"),
        (#"{"returned":"q","equals":1}"#, false, "no call has named its result q"),
        (#"{"returned":9,"equals":1}"#, false, "there is no call 9: the submission has 4 calls"),
        (#"{"snapshot":"/zones","pointer":"/zones/0/name","equals":"DMA"}"#, true, "is \"DMA\""),
        (#"{"snapshot":"/zones","pointer":"/zones","length":1}"#, false, "must have the length 1"),
        (#"{"snapshot":"/zones","pointer":"/zones/00/name","exists":true}"#, false, "is not there"),
        (#"{"snapshot":"/zones","pointer":"/zones/0/no~1pe","exists":false}"#, true, "not there"),
        (#"{"snapshot":"/pages/$p","pointer":"/order","equals":2,"at":"p"}"#, true, "/order is 2"),
        (#"{"snapshot":"/pages/$p","exists":false,"at":0}"#, true, "is refused: "),
        (#"{"snapshot":"/pages/$x","exists":true}"#, false, "names a result that no call has"),
        (
            #"{"snapshot":"/caches/none","pointer":"","exists":true}"#, false,
            "There is no cache none"
        ),
        (#"{"snapshot":"/proc/buddyinfo","contains":"zone   Normal"}"#, true, "Node 0, zone"),
        (#"{"snapshot":"/proc/buddyinfo","contains":"  DMA"}"#, true, "Node 0, zone"),
        (#"{"snapshot":"/proc/buddyinfo","contains":"Node 7"}"#, false, "must contain \"Node 7\""),
        (#"{"snapshot":"/report","pointer":"/live","contains":"blocks"}"#, true, "\"blocks\":1"),
        (#"{"snapshot":"/report","pointer":"/unbalanced","equals":[]}"#, true, "is []"),
        (
            #"{"snapshot":"/zones","pointer":"/zones/0/free_pages","equals":1,"at":7}"#, false,
            "no call 7"
        ),
        (#"{"calls_of":"kmalloc","equals":1}"#, true, "the number of calls of kmalloc is 1"),
        (#"{"calls_of":"kmalloc","equals":0,"at":1}"#, true, "is 0"),
        (#"{"calls_of":"vmalloc","at_least":1}"#, false, "is 0; it must be at least 1"),
        (
            #"{"no_leaks":true}"#, false,
            "2 allocations not given back at the end: alloc_pages(GFP_KERNEL, 2) of call 1 (16384 bytes); kmalloc(100"
        ),
        (#"{"no_leaks":true,"at":0}"#, true, "everything is given back before the first call"),
        (#"{"no_leaks":true,"message":"Tidy up"}"#, false, "Tidy up (2 allocations"),
        (#"{"no_misuse":true}"#, false, "1 misuse at the end: order-too-large"),
        (#"{"no_misuse":true,"at":3}"#, true, "no rule is broken behind call 3"),
        (#"{"no_halt":true}"#, true, "the machine runs at the end"),
        (#"{"peak_pages_at_most":5}"#, true, "5 pages taken at the most"),
        (#"{"peak_pages_at_most":4}"#, false, "5 pages taken at the most; there may be 4"),
        (#"{"calls_at_most":4}"#, true, "4 calls"),
        (#"{"calls_at_most":3}"#, false, "4 calls; there may be 3"),
        (#"{"fragmentation_below":0.9,"order":1}"#, true, "of order 1"),
        (#"{"fragmentation_below":0.01,"zone":"Normal","order":10}"#, false, "must be below 0.01"),
        (#"{"never_slept_in_atomic_context":true}"#, true, "nothing slept"),
    ])
    func assertion_isFoundToHoldOrNot(_ text: String, _ holds: Bool, _ message: String) throws {
        let (passed, said) = try check(text, calls: Self.calls)
        #expect(passed == holds && said.contains(message), "\(text): \(said)")
    }

    @Test func sleepingInAtomicContext_isFound() throws {
        let calls = #"["preempt_disable()","p = kmalloc(8, GFP_KERNEL)","kfree($p)"]"#
        let (passed, said) = try check(
            #"{"never_slept_in_atomic_context":true}"#, calls: calls)
        #expect(passed == false && said.contains("by kmalloc(8, GFP_KERNEL) of call 2"), "\(said)")
    }

    @Test func halt_isFound_andLaterCallsDoNotRun() throws {
        let calls = #""memset(0x0, 1, 1)\nv = kmalloc(8, GFP_KERNEL)""#
        #expect(try check(#"{"no_halt":true}"#, calls: calls).message.contains("BUG:"))
        let (passed, said) = try check(#"{"returned":"v","not_equals":"NULL"}"#, calls: calls)
        #expect(passed == false && said == "call 2 did not run: the machine had stopped")
    }
}

@Suite struct GradeScenarioTests {
    @Test func setup_isTheTeachers() throws {
        let more = #""setup":["s = kmalloc(9, GFP_KERNEL)","alloc_pages(GFP_KERNEL, 11)"],"#
        #expect(try check(#"{"no_misuse":true}"#, more: more).passed == true)
        let calls = #"["kfree($s)","t = kmalloc(9, GFP_KERNEL)","kfree($t)"]"#
        #expect(try check(#"{"no_leaks":true}"#, calls: calls, more: more).passed == true)
        #expect(
            try check(#"{"calls_of":"kmalloc","equals":1}"#, calls: calls, more: more).passed
                == true)
        #expect(try check(#"{"no_leaks":true}"#, calls: "[]", more: more).passed == true)
    }

    @Test func seed_changesAddresses_andNothingElse() throws {
        var addresses: Set<String> = []
        for seed in [1, 2, 3, 1] {
            let more = #""seed":\#(seed),"#
            let calls = #"["p = alloc_page(GFP_KERNEL)","__free_page($p)"]"#
            addresses.insert(
                try check(#"{"returned":"p","exists":true}"#, calls: calls, more: more).message)
            let peak = try check(#"{"peak_pages_at_most":1}"#, calls: calls, more: more)
            #expect(peak.passed == true, "\(peak.message)")
            #expect(try check(#"{"no_leaks":true}"#, calls: calls, more: more).passed == true)
        }
        #expect((2...3).contains(addresses.count))
    }

    @Test func weights_groups_andPartialCredit_addUp() throws {
        let client = TestClient(MemoryService().router())
        let reply = try client.post(
            "/grade",
            """
            {"machine":"classroom","calls":"","tests":[\
            {"weight":0.125,"group":"A","expect":{"no_leaks":true}},\
            {"weight":3,"partial":true,"expect":[{"no_leaks":true},{"calls_at_most":0},{"calls_of":"kfree","equals":1}]},\
            {"weight":4,"expect":[{"no_leaks":true},{"calls_of":"kfree","equals":1}]}]}
            """)
        #expect(reply.json["score"].number == 2.125 && reply.json["max_score"].number == 7.125)
        #expect(reply.json["scenarios"][0]["tests"][0]["group"].string == "A")
        #expect(reply.json["scenarios"][0]["tests"][1]["group"].string == "Scenario")
    }

    @Test func session_isGraded_andStaysAsItIs() throws {
        let service = MemoryService()
        var student = TestClient(service.router())
        try student.boot()
        _ = try student.post("/calls", #"{"call":"kmalloc(100, GFP_KERNEL)"}"#)
        let before = try student.snapshot()
        let viewToken = student.viewToken
        let teacher = TestClient(service.router())
        func fault(_ machine: String, _ token: String) throws -> JSON {
            let reply = try teacher.post(
                "/grade",
                #"{"machine":"\#(machine)","session":"\#(token)","tests":[{"expect":{"returned":1,"not_equals":"NULL"}}]}"#
            )
            #expect(reply.json["passed"] == .bool(reply.json["scenarios"][0]["fault"] == .null))
            return reply.json["scenarios"][0]["fault"]["detail"]
        }
        #expect(try fault("classroom", viewToken) == .null)
        #expect(
            try fault("i386", viewToken).string?.contains("not the one of the assignment") == true)
        #expect(try fault("classroom", "kml_7").string?.contains("no living session") == true)
        #expect(try student.snapshot() == before)
    }

    /// Mistakes of submissions, and how they are named.
    @Test(arguments: [
        (#"["p = kmalloc(8, GFP_KERNEL)",{"call":"kmaloc"}]"#, "Call 2: kmaloc is not a kernel"),
        (#""kfree(0x0)\n\n// p\n p = kmalloc(8)""#, "Line 4: The call is kmalloc("),
        (#""kfree($p)""#, "Line 1: No call before this one named its result p"),
        (#""a-b = kmalloc(8, GFP_KERNEL)""#, "Line 1: Before = there must be a name"),
        (#""x = kfree(0x0)""#, "Line 1: kfree returns nothing"),
        (#""kmalloc""#, "Line 1: "), (#"[7]"#, "Call 1: "),
        (#"[{"call":"run_on_cpu(3)"}]"#, "Call 1: "),
        (#"["kmem_cache_alloc(nope, GFP_KERNEL)"]"#, "Call 1: There is no cache nope"),
    ])
    func fault_failsEveryTest_andNamesItsPlace(_ calls: String, _ message: String) throws {
        let client = TestClient(MemoryService().router())
        let reply = try client.post(
            "/grade",
            #"{"machine":"classroom","calls":\#(calls),"tests":[{"expect":{"no_leaks":true}},{"expect":{"calls_at_most":9}}]}"#
        )
        #expect(reply.status == 200 && reply.json["score"].number == 0)
        for test in reply.json["scenarios"][0]["tests"].array {
            #expect(test["message"].string?.hasPrefix(message) == true, "\(test)")
        }
    }

    @Test func formats_areChosenByQuery_orElseByAccept() throws {
        let client = TestClient(MemoryService().router())
        let body = #"{"machine":"classroom","calls":[],"tests":[{"expect":{"no_halt":true}}]}"#
        for format in GradeFormat.allCases {
            let byQuery = try client.post("/grade?format=\(format.rawValue)", body)
            #expect(byQuery.response.header("Content-Type") == format.mediaType)
            let byAccept = try client.post("/grade", body, headers: [("Accept", format.mediaType)])
            #expect(byAccept.text == byQuery.text)
        }
        #expect(try client.post("/grade?format=xls", body).problem == "invalid-query")
        #expect(try client.post("/grade", body, headers: [("Accept", "image/png")]).status == 406)
    }
}

@Suite struct GradeRefusalTests {
    private static let many = String(repeating: #"{"no_halt":true},"#, count: 1_001).dropLast()
    private static let tests = String(repeating: #"{"expect":{"no_halt":true}},"#, count: 201)
        .dropLast()
    private static let moments = (0...100).map { #"{"no_halt":true,"at":\#($0)}"# }
        .joined(separator: ",")

    private static func expecting(_ assertion: String) -> String {
        #"{"machine":"classroom","calls":[],"tests":[{"expect":\#(assertion)}]}"#
    }

    /// Scenarios that are wrong, and where.
    private static let wrong: [(String, String)] = [
        ("{}", "#/tests"), ("[]", "#"), (#"{"tests":[]}"#, "#/tests"),
        (#"{"tests":[7]}"#, "#/tests/0"),
        (#"{"tests":[{}]}"#, "#/tests/0/expect"), (#"{"tests":[\#(tests)]}"#, "#/tests/200"),
        (#"{"tests":[{"expect":{"no_halt":true}}]}"#, "#/calls"),
        (#"{"calls":7,"tests":[{"expect":{"no_halt":true}}]}"#, "#/calls"),
        (#"{"calls":[],"session":"x","tests":[{"expect":{"no_halt":true}}]}"#, "#/calls"),
        (#"{"machine":"pdp11","calls":[],"tests":[{"expect":{"no_halt":true}}]}"#, "#/machine"),
        (
            #"{"machine":{"cpus":99},"calls":[],"tests":[{"expect":{"no_halt":true}}]}"#,
            "#/machine/cpus"
        ),
        (
            #"{"setup":["kmaloc(8)"],"calls":[],"tests":[{"expect":{"no_halt":true}}]}"#,
            "#/setup/0/call"
        ),
        (#"{"seed":-1,"calls":[],"tests":[{"expect":{"no_halt":true}}]}"#, "#/seed"),
        (#"{"calls":[],"tests":[{"weight":-1,"expect":{"no_halt":true}}]}"#, "#/tests/0/weight"),
        (#"{"calls":[],"tests":[{"weight":1e9,"expect":{"no_halt":true}}]}"#, "#/tests/0/weight"),
        (expecting("[]"), "#/tests/0/expect"), (expecting("[\(many)]"), "#/tests/0/expect/1000"),
        (expecting("[\(moments)]"), "#/tests/0/expect/100/at"),
        (expecting("{}"), "#/tests/0/expect"),
        (expecting(#"{"no_leaks":false}"#), "#/tests/0/expect/no_leaks"),
        (expecting(#"{"no_leaks":true,"no_halt":true}"#), "#/tests/0/expect/no_halt"),
        (expecting(#"{"no_leaks":true,"equals":1}"#), "#/tests/0/expect/equals"),
        (expecting(#"{"no_leaks":true,"order":1}"#), "#/tests/0/expect/order"),
        (expecting(#"{"returned":"p"}"#), "#/tests/0/expect"),
        (expecting(#"{"returned":0,"equals":1}"#), "#/tests/0/expect/returned"),
        (expecting(#"{"returned":1,"at_least":"x"}"#), "#/tests/0/expect/at_least"),
        (expecting(#"{"returned":1,"equals":1,"pointer":"/a"}"#), "#/tests/0/expect/pointer"),
        (expecting(#"{"calls_of":"kmaloc","equals":1}"#), "#/tests/0/expect/calls_of"),
        (expecting(#"{"snapshot":"/nowhere","equals":1}"#), "#/tests/0/expect/snapshot"),
        (expecting(#"{"snapshot":"/zones?step=1","equals":1}"#), "#/tests/0/expect/snapshot"),
        (expecting(#"{"snapshot":"/sessions","equals":1}"#), "#/tests/0/expect/snapshot"),
        (expecting(#"{"snapshot":"zones","equals":1}"#), "#/tests/0/expect/snapshot"),
        (expecting(#"{"snapshot":"/zones","pointer":"x","equals":1}"#), "#/tests/0/expect/pointer"),
        (expecting(#"{"fragmentation_below":2}"#), "#/tests/0/expect/fragmentation_below"),
        (expecting(#"{"fragmentation_below":1,"zone":"Movable"}"#), "#/tests/0/expect/zone"),
        (expecting(#"{"peak_pages_at_most":99999999999}"#), "#/tests/0/expect/peak_pages_at_most"),
    ]

    @Test func scenario_thatIsWrong_isRefusedWithItsPlace() throws {
        let client = TestClient(MemoryService().router())
        for (body, pointer) in Self.wrong {
            let reply = try client.post("/grade", body)
            #expect(reply.status == 422, "\(body.prefix(200)): \(reply.text)")
            #expect(reply.json["errors"][0]["pointer"].string == pointer, "\(reply.text)")
        }
    }

    @Test func scenario_thatIsTooDeepOrMuch_isRefusedOrFails() throws {
        let client = TestClient(MemoryService().router())
        let deep = String(repeating: "[", count: 5_000)
        #expect(
            try client.post("/grade", Self.expecting(#"{"returned":1,"equals":\#(deep)"#)).status
                == 400)
        let calls = String(repeating: "kfree(0x0)\\n", count: 20_001)
        let reply = try client.post(
            "/grade",
            #"{"machine":"classroom","calls":"\#(calls)","tests":[{"expect":{"no_halt":true}}]}"#)
        #expect(reply.json["scenarios"][0]["fault"]["line"].int == 20_001)
        let looks = (1...201).map { #"{"snapshot":"/frames?limit=\#($0)","exists":true}"# }
        let heavy = try client.post("/grade", Self.expecting("[\(looks.joined(separator: ","))]"))
        #expect(heavy.status == 422)
        #expect(heavy.json["errors"][0]["pointer"].string == "#/tests/0/expect/200")
    }
}
