import Testing

@testable import MicroHTTPD

/// How many requests a client may make.
@Suite struct RateLimitTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func bucket_givesItsTokens_andFillsEvenly() {
        let bucket = RateBucket(RateLimit(requests: 4, seconds: 8))
        let start = 100 * Self.second
        for left in [3, 2, 1, 0] {
            let verdict = bucket.take(at: start)
            #expect(verdict.isAllowed)
            #expect(verdict.remaining == left)
            #expect(verdict.secondsUntilFull == (4 - left) * 2)
        }
        let refusal = bucket.take(at: start)
        #expect(!refusal.isAllowed)
        #expect((refusal.remaining, refusal.secondsUntilNext) == (0, 2))
        #expect(!bucket.take(at: start + Self.second).isAllowed)
        #expect(bucket.take(at: start + 2 * Self.second).isAllowed)
        #expect(!bucket.take(at: start + 2 * Self.second).isAllowed)
        #expect(!bucket.isFull(at: start + 9 * Self.second))
        #expect(bucket.isFull(at: start + 10 * Self.second))
        #expect(bucket.take(at: start + 1_000 * Self.second).remaining == 3)
    }

    @Test func bucket_neverGivesMoreThanItsRate() {
        let bucket = RateBucket(RateLimit(requests: 10, seconds: 5))
        let taken = (0..<2_000).count { bucket.take(at: UInt64($0) * Self.second / 100).isAllowed }
        // Ten at once, and two in each of the 20 seconds.
        #expect(taken == 10 + 39)
    }

    @Test func limiter_countsAddressesApart_andNetworksOfIPv6Together() throws {
        let limiter = RateLimiter(RateLimit(requests: 1, seconds: 60))
        func bucket(_ bytes: [UInt8]) throws -> RateBucket? {
            limiter.bucket(of: try #require(ClientAddress(bytes: bytes)))
        }
        let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
        let network: [UInt8] = [0x20, 1, 0xD, 0xB8, 0, 0, 0, 7]
        let one = try bucket(mapped + [192, 0, 2, 1])
        #expect(try bucket(mapped + [192, 0, 2, 1]) === one)
        #expect(try bucket(mapped + [192, 0, 2, 2]) !== one)
        let host = try bucket(network + [0, 0, 0, 0, 0, 0, 0, 1])
        #expect(try bucket(network + [9, 9, 9, 9, 9, 9, 9, 9]) === host)
        #expect(try bucket(mapped + [127, 0, 0, 1]) == nil)
        #expect(try bucket(Array(repeating: 0, count: 15) + [1]) == nil)
    }

    @Test func client_withoutRequestsLeft_isRefusedUntilThen() throws {
        let server = try SampleServer {
            $0.rateLimit = RateLimit(requests: 3, seconds: 3_600, countsLoopback: true)
        }
        let policy = "\"address\";q=3;w=3600"
        for (left, seconds) in [(2, 1_200), (1, 2_400), (0, 3_600)] {
            // Each over a connection of its own: it is the address that counts.
            let answer = try #require(server.respond(to: SyntheticRequest("GET", "/pages/7")))
            #expect(answer.status == 200)
            #expect(answer.header("RateLimit-Policy") == policy)
            #expect(answer.header("RateLimit") == "\"address\";r=\(left);t=\(seconds)")
            #expect(answer.header("Retry-After") == nil)
        }
        for request in [
            SyntheticRequest("GET", "/pages/7"), SyntheticRequest("GET", "/none"),
            SyntheticRequest("POST", "/echo", body: Array(repeating: 65, count: 5_000)),
        ] {
            let answer = try #require(server.respond(to: request))
            #expect(answer.status == 429)
            #expect(answer.header("RateLimit-Policy") == policy)
            #expect(answer.header("RateLimit") == "\"address\";r=0;t=3600")
            #expect(
                answer.header("Retry-After").flatMap { Int($0) }.map { 1_190...1_200 ~= $0 } == true
            )
        }
    }

    @Test(arguments: [nil, RateLimit(requests: 1, seconds: 3_600)])
    func clientOfThisHost_isNotCounted(limit: RateLimit?) throws {
        let server = try SampleServer { $0.rateLimit = limit }
        for _ in 0..<3 {
            let answer = try #require(server.respond(to: SyntheticRequest("GET", "/pages/7")))
            #expect(answer.status == 200)
            #expect(answer.header("RateLimit") == nil)
            #expect(answer.header("RateLimit-Policy") == nil)
        }
    }
}
