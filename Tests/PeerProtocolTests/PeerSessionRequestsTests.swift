import Metainfo
import NIOCore
import PeerProtocol
import Testing

@Suite struct PeerSessionRequestsTests {
  @Test(arguments: [
    Fixtures.block(0, 0, 16_384), Fixtures.block(8, 16_384, 16_384), Fixtures.block(8, 0, 32_768), Fixtures.block(8, 32_767, 1),
    Fixtures.block(9, 0, 1_000), Fixtures.block(9, 999, 1),
  ]) func aBlockWithinItsPieceIsTaken(block: Block) throws {
    var session = PeerSession.on()
    #expect(try session.receive(.request(block)) == .requested(block))
    #expect(try session.receive(.cancel(block)) == .cancelled(block))
  }

  @Test(
    arguments: [
      (Fixtures.block(0, 0, 0), .outOfRange), (Fixtures.block(9, 0, 0), .outOfRange), (Fixtures.block(10, 0, 1), .outOfRange),
      (Fixtures.block(.max, 0, 1), .outOfRange), (Fixtures.block(0, 32_768, 1), .outOfRange),
      (Fixtures.block(0, 16_385, 16_384), .outOfRange),
      (Fixtures.block(9, 0, 1_001), .outOfRange), (Fixtures.block(9, 1_000, 1), .outOfRange),
      (Fixtures.block(0, .max, 16_384), .outOfRange),
      (Fixtures.block(0, .max - 1, 131_072), .outOfRange), (Fixtures.block(0, 0, 131_073), .tooLong),
      (Fixtures.block(0, .max, .max), .tooLong),
    ] as [(Block, ProtocolViolation.Code)]) func anyOtherBlockIsRefused(block: Block, code: ProtocolViolation.Code)
  {
    for message in [PeerMessage.request(block), .cancel(block)] {
      var session = PeerSession.on()
      #expect(session.violation(message) == code)
    }
  }

  @Test func v2PiecesEndWhereTheirFileEnds() {
    for (block, code) in [
      (Fixtures.block(0, 16_384, 16_384), nil), (Fixtures.block(1, 0, 100), nil), (Fixtures.block(2, 0, 5_000), nil),
      (Fixtures.block(1, 0, 101), .outOfRange), (Fixtures.block(2, 1, 5_000), .outOfRange), (Fixtures.block(3, 0, 1), .outOfRange),
    ] as [(Block, ProtocolViolation.Code?)] {
      var session = PeerSession.on(Fixtures.v2Layout)
      #expect(session.violation(.request(block)) == code)
    }
  }

  @Test func theLongestBlockCanBeSet() {
    var session = PeerSession.on(limits: SessionLimits(blockLength: 16_384))
    #expect(session.violation(.request(Fixtures.block(0, 0, 16_384))) == nil)
    #expect(session.violation(.request(Fixtures.block(0, 0, 16_385))) == .tooLong)
  }

  @Test func theViolationNamesTheFieldAtFault() {
    for (block, field, offset) in [
      (Fixtures.block(10, 0, 1), "index", 5), (Fixtures.block(0, 40_000, 1), "begin", 9), (Fixtures.block(0, 0, 0), "length", 13),
    ] {
      var session = PeerSession.on()
      #expect { try session.receive(.request(block)) } throws: {
        ($0 as? ProtocolViolation)?.place == .init(message: "request", field: field, offset: offset)
      }
    }
  }

  @Test func aRequestStillArrivesWhileChokedAndTheFactsAreGiven() throws {
    var session = PeerSession.on()
    let block = Fixtures.block(3, 0, 16_384)
    #expect(try session.receive(.request(block)) == .requested(block))
    #expect(session.standing(of: block) == RequestStanding(isAllowed: false, isAnnounced: false))
    session.willAnnounce(Fixtures.bitfield(3))
    #expect(session.standing(of: block) == RequestStanding(isAllowed: false, isAnnounced: true))
    #expect(session.willAllowFast(3) == true)
    #expect(session.willAllowFast(3) == false)
    #expect(session.willAllowFast(10) == false)
    #expect(session.willAllowFast(-1) == false)
    #expect(session.isServable(block))
    #expect(!session.isServable(Fixtures.block(4, 0, 1)))
    session.willUnchoke()
    #expect(session.standing(of: Fixtures.block(4, 0, 1)) == RequestStanding(isAllowed: true, isAnnounced: false))
    #expect(!session.isServable(Fixtures.block(.max, 0, 1)))
    session.willDontHave(3)
    #expect(!session.isServable(block))
  }

  @Test func nothingIsAllowedWhileChokedWithoutTheFastExtension() {
    var session = PeerSession.on(fast: false)
    #expect(session.willAllowFast(3) == false)
    #expect(session.allowedFast.isEmpty)
  }

  // MARK: Answers to ours

  @Test func dataAndRejectsThatWeDidNotAskForAreRefused() {
    for message in [PeerMessage.piece(Fixtures.data(0, 0, 16_384)), .reject(Fixtures.block(0, 0, 16_384)), .piece(Fixtures.data(0, 0, 0))] {
      var session = PeerSession.on()
      #expect(session.violation(message) == .unrequested)
    }
  }

  @Test func eachRequestIsAnsweredOnce() throws {
    var session = PeerSession.on()
    let data = Fixtures.data(0, 0, 16_384)
    session.didRequest(data.block)
    session.didRequest(Fixtures.block(1, 0, 5))
    #expect(try session.receive(.piece(data)) == .piece(data))
    #expect(try session.receive(.reject(Fixtures.block(1, 0, 5))) == .rejected(Fixtures.block(1, 0, 5)))
    #expect(session.outstandingRequests.isEmpty)
    #expect(session.violation(.piece(data)) == .unrequested)
  }

  @Test func dataOfAnotherLengthThanAskedForIsRefused() {
    var session = PeerSession.on()
    session.didRequest(Fixtures.block(0, 0, 16_384))
    #expect(session.violation(.piece(Fixtures.data(0, 0, 16_383))) == .unrequested)
    #expect(session.outstandingRequests.count == 1)
  }

  @Test func aChokeWithoutTheFastExtensionDropsRequestsButDataOnItsWayIsTaken() throws {
    var session = PeerSession.on(fast: false)
    let data = Fixtures.data(0, 0, 100)
    session.didRequest(data.block)
    #expect(try session.receive(.choke) == .choked(lapsed: [data.block]))
    #expect(session.outstandingRequests.isEmpty)
    #expect(try session.receive(.choke) == .choked(lapsed: []))
    #expect(try session.receive(.piece(data)) == .piece(data))
    #expect(session.violation(.piece(data)) == .unrequested)
  }

  @Test func aChokeWithTheFastExtensionDropsNothing() throws {
    var session = PeerSession.on()
    session.didRequest(Fixtures.block(0, 0, 100))
    #expect(try session.receive(.choke) == .choked(lapsed: []))
    #expect(try session.receive(.reject(Fixtures.block(0, 0, 100))) == .rejected(Fixtures.block(0, 0, 100)))
  }

  @Test(arguments: [true, false]) func aCancelledBlockMayStillArrive(fast: Bool) throws {
    var session = PeerSession.on(fast: fast)
    let data = Fixtures.data(0, 0, 100)
    session.didRequest(data.block)
    session.didCancel(data.block)
    session.didCancel(Fixtures.block(1, 0, 1))
    #expect(session.outstandingRequests.count == (fast ? 1 : 0))
    #expect(try session.receive(.piece(data)) == .piece(data))
    #expect(session.violation(.piece(Fixtures.data(1, 0, 1))) == .unrequested)
  }

  @Test func onlySoManyGivenUpBlocksAreRemembered() throws {
    var session = PeerSession.on(fast: false, limits: SessionLimits(lapsedRequests: 1))
    for piece in [0, 1] as [UInt32] {
      session.didRequest(Fixtures.block(piece, 0, 1))
      session.didCancel(Fixtures.block(piece, 0, 1))
    }
    #expect(session.violation(.piece(Fixtures.data(0, 0, 1))) == .unrequested)
    #expect(session.violation(.piece(Fixtures.data(1, 0, 1))) == nil)
  }

  // MARK: Ours

  @Test func onlyWhatThePeerHasAndGivesIsAskedFor() throws {
    var session = PeerSession.on()
    let block = Fixtures.block(3, 0, 16_384)
    _ = try session.receive(.bitfield(ByteBuffer(bytes: Fixtures.bitfield(3, 4).bytes)))
    #expect(session.willRequest(block) == nil)
    _ = try session.receive(.allowedFast(3))
    #expect(session.mayRequest(block) && !session.mayRequest(Fixtures.block(4, 0, 16_384)))
    _ = try session.receive(.unchoke)
    for wrong in [Fixtures.block(5, 0, 16_384), Fixtures.block(4, 32_768, 1), Fixtures.block(4, 0, 0), Fixtures.block(.max, 0, 1)] {
      #expect(session.willRequest(wrong) == nil)
    }
    #expect(session.willRequest(block) == .request(block))
    #expect(session.outstandingRequests == [block])
    #expect(session.willCancel(Fixtures.block(4, 0, 16_384)) == nil)
    #expect(session.willCancel(block) == .cancel(block))
  }

  @Test func aBlockThatIsAskedForAgainAfterACancelIsAnsweredTwice() throws {
    var session = PeerSession.on()
    let data = Fixtures.data(0, 0, 16_384)
    session.didRequest(data.block)
    session.didCancel(data.block)
    session.didRequest(data.block)
    #expect(try session.receive(.reject(data.block)) == .rejected(data.block))
    #expect(try session.receive(.piece(data)) == .piece(data))
    #expect(session.violation(.piece(data)) == .unrequested)
  }

  @Test func aPeerThatNeverAnswersCancelsCostsNoMoreThanTheLimit() throws {
    var session = PeerSession.on(limits: SessionLimits(lapsedRequests: 2))
    for piece in 0..<9 as Range<UInt32> {
      session.didRequest(Fixtures.block(piece, 0, 16_384))
      session.didCancel(Fixtures.block(piece, 0, 16_384))
    }
    #expect(session.outstandingRequests.count == 2)
    // Those that are remembered may still come, older ones may not.
    for piece in 5..<9 as Range<UInt32> { #expect(session.violation(.piece(Fixtures.data(piece, 0, 16_384))) == nil) }
    #expect(session.violation(.piece(Fixtures.data(4, 0, 16_384))) == .unrequested)
  }

  @Test func interestIsToldWhenItChanges() {
    var session = PeerSession.on()
    #expect(session.willTell(interest: false) == nil)
    #expect(session.willTell(interest: true) == .interested)
    #expect(session.willTell(interest: true) == nil)
    #expect(session.willTell(interest: false) == .notInterested)
  }

  // MARK: Hashes

  @Test func aHashRequestIsPassedOnAndAnswersMustBeAskedFor() throws {
    var session = PeerSession.on()
    let request = Fixtures.hashRequest(length: 4, proof: 3)
    let hashes = ByteBuffer(repeating: 1, count: 6 * 32)
    #expect(try session.receive(.hashRequest(request)) == .hashRequested(request))
    #expect(session.violation(.hashes(request, hashes)) == .unrequested)
    #expect(session.violation(.hashReject(request)) == .unrequested)
    session.didRequest(request)
    #expect(try session.receive(.hashes(request, hashes)) == .hashes(request, hashes))
    session.didRequest(request)
    #expect(try session.receive(.hashReject(request)) == .hashRejected(request))
    #expect(session.outstandingHashRequests.isEmpty)
    session.didRequest(request)
    #expect(session.violation(.hashes(request, ByteBuffer(repeating: 1, count: 5 * 32))) == .wrongLength)
  }
}
