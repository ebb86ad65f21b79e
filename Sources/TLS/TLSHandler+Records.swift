import NIOCore
import OpenSSL

/// Records in and out.
extension TLSHandler {
  // MARK: In

  func decrypt(_ bytes: ByteBuffer) {
    collecting {
      bytes.withUnsafeReadableBytes { input in
        session.lend(input, output: self) { _ in deliver() }
      }
    }
  }

  /// Hands over what plaintext there is. The session's input is lent.
  func deliver() {
    while phase == .established {
      var buffer = loop.takePlaintext()
      let reading = fill(&buffer)
      if buffer.readableBytes > 0 { context?.fireChannelRead(wrapInboundOut(buffer)) }
      loop.giveBack(plaintext: buffer)
      guard case .bytes = reading else { return end(reading) }
    }
  }

  /// Decrypts records into the buffer until it is full or nothing more comes.
  private func fill(_ buffer: inout ByteBuffer) -> TLSSession.Reading {
    while buffer.writableBytes >= TLSLoop.recordSize {
      var reading = TLSSession.Reading.wantsInput
      buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 0) { space in
        reading = session.read(into: space)
        if case .bytes(let count) = reading { return count }
        return 0
      }
      guard case .bytes = reading else { return reading }
    }
    return .bytes(0)
  }

  private func end(_ reading: TLSSession.Reading) {
    switch reading {
    case .bytes, .wantsInput: break
    case .ended: context?.close(promise: nil)
    case .failed(let error): fail(TLSFailure(kind: .record, reason: "a TLS record that is none: \(error)"))
    }
  }

  // MARK: Out

  /// Encrypts what waits, in full records as far as it goes, into one buffer, and writes that.
  func encryptUnflushed() {
    guard !unflushed.isEmpty, let context else { return }
    let writes = unflushed
    unflushed = []
    sendOutgoing()
    outgoing = loop.takeScratch()
    do {
      try session.lend(UnsafeRawBufferPointer(start: nil, count: 0), output: self) { _ in
        for write in writes { try write.bytes.withUnsafeReadableBytes(encrypt) }
        try encryptCarried()
      }
    } catch {
      loop.carried = 0
      outgoing = ByteBuffer()
      for write in writes { write.promise?.fail(error) }
      return fail(TLSFailure(kind: .record, reason: "\(error)"))
    }
    let ciphertext = takeOutgoing()
    let written = context.eventLoop.makePromise(of: Void.self)
    // The plaintext is let go of now: parts of files may be in it.
    let promises = writes.compactMap(\.promise)
    // The promise is the loop's that we are on.
    written.futureResult.assumeIsolated().whenComplete { [loop] result in
      loop.giveBack(scratch: ciphertext)
      for promise in promises { promise.completeWith(result) }
    }
    context.write(wrapOutboundOut(ciphertext), promise: written)
  }

  private func encrypt(_ bytes: UnsafeRawBufferPointer) throws(OpenSSLError) {
    var rest = bytes
    if loop.carried > 0 {
      rest = carry(rest)
      guard loop.carried == TLSLoop.recordSize else { return }
      try encryptCarried()
    }
    let whole = rest.count - rest.count % TLSLoop.recordSize
    try session.write(UnsafeRawBufferPointer(rebasing: rest[..<whole]))
    _ = carry(UnsafeRawBufferPointer(rebasing: rest[whole...]))
  }

  /// Takes as much as makes a record full; gives back the rest.
  private func carry(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let count = min(bytes.count, TLSLoop.recordSize - loop.carried)
    loop.carry.withUnsafeMutableBytes { space in
      UnsafeMutableRawBufferPointer(rebasing: space[loop.carried...]).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }
    loop.carried += count
    return UnsafeRawBufferPointer(rebasing: bytes[count...])
  }

  private func encryptCarried() throws(OpenSSLError) {
    let count = loop.carried
    loop.carried = 0
    guard count > 0 else { return }
    var result = Result<Void, OpenSSLError>.success(())
    loop.carry.withUnsafeBytes { bytes in
      do throws(OpenSSLError) {
        try session.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      } catch {
        result = .failure(error)
      }
    }
    try result.get()
  }

  // MARK: What the session says by itself

  /// Sends what the session writes during `body`.
  func collecting(_ body: () -> Void) {
    body()
    sendOutgoing()
  }

  func sendOutgoing() {
    guard outgoing.readableBytes > 0, let context else { return }
    let said = takeOutgoing()
    context.writeAndFlush(wrapOutboundOut(said), promise: nil)
    guard !context.channel.isWritable, phase == .established else { return }
    saidSinceWritable += said.readableBytes
    // Who makes us answer and does not take the answers goes.
    if saidSinceWritable > Self.mostSaid {
      fail(TLSFailure(kind: .record, reason: "the peer makes us answer and does not take the answers"))
    }
  }

  private static let mostSaid = 64 << 10

  private func takeOutgoing() -> ByteBuffer {
    var taken = ByteBuffer()
    swap(&taken, &outgoing)
    return taken
  }
}

extension TLSHandler: TLSOutput {
  package func take(_ bytes: UnsafeRawBufferPointer) { outgoing.writeBytes(bytes) }
}
