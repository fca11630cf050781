import MQTTCodec
import Primitives

/// Every Application Message once, counted by use: it is freed when the last use ends.
struct MessageTable: ~Copyable {
    private var slots = SlotTable<Message>()
    /// Messages that outlive the tick they came in, and their bytes.
    private(set) var storedCount = 0
    private(set) var storedBytes = 0

    deinit {
        for slot in 0..<slots.end where slots.isUsed(slot) { slots[slot].body?.release() }
    }

    var count: Int { slots.count }

    @inline(__always) subscript(_ slot: UInt32) -> Message {
        unsafeAddress { UnsafePointer(slots.pointer(to: slot)) }
        unsafeMutableAddress { slots.pointer(to: slot) }
    }

    @inline(__always) func pointer(to slot: UInt32) -> UnsafeMutablePointer<Message> { slots.pointer(to: slot) }

    /// A message whose parts are borrowed until the end of the tick; it has one use.
    mutating func borrow(
        topic: UnsafeRawBufferPointer, properties: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer,
        qos: QoS, retain: Bool, expires: Instant
    ) -> UInt32 {
        slots.insert(
            Message(
                topic: topic.baseAddress ?? Self.nowhere, payload: payload.baseAddress ?? Self.nowhere,
                properties: properties.baseAddress ?? Self.nowhere, payloadLength: UInt32(payload.count),
                propertiesLength: UInt32(properties.count), topicLength: UInt16(topic.count), qos: qos, retain: retain, uses: 1,
                body: nil, expires: expires))
    }

    /// A message that came from another shard, with one use; its parts lie in the batch, or in a body that passes on.
    mutating func adopt(_ crossed: Message) -> UInt32 {
        var message = crossed
        message.uses = 1
        if message.body != nil {
            storedCount += 1
            storedBytes += message.size
        }
        return slots.insert(message)
    }

    /// The same message once more, in a slot with one use that shares its bytes; it is not on disk.
    mutating func derive(_ slot: UInt32) -> UInt32 {
        own(slot)
        var message = slots[slot]
        message.body?.retain()
        message.record = 0
        return adopt(message)
    }

    /// Gives a message an allocation of its own, because it will outlive the tick or be shared: one copy, once.
    func own(_ message: UnsafeMutablePointer<Message>) -> Bool {
        guard message.pointee.body == nil else { return false }
        let body = SharedBytes(count: message.pointee.copySize)
        message.pointee = message.pointee.copied(to: body.mutableBytes)
        message.pointee.body = body
        return true
    }

    mutating func own(_ slot: UInt32) {
        let message = slots.pointer(to: slot)
        if own(message) {
            storedCount += 1
            storedBytes += message.pointee.size
        }
    }

    /// One use more.
    @inline(__always) func retain(_ slot: UInt32) { slots.pointer(to: slot).pointee.uses &+= 1 }

    /// One use fewer; the last one frees the message.
    @inline(__always) mutating func release(_ slot: UInt32) {
        let message = slots.pointer(to: slot)
        message.pointee.uses &-= 1
        if message.pointee.uses == 0 { free(slot) }
    }

    private mutating func free(_ slot: UInt32) {
        if let body = slots[slot].body {
            storedCount -= 1
            storedBytes -= slots[slot].size
            body.release()
        }
        slots.remove(slot)
    }

    /// Stands for the address of nothing; no byte is ever read there.
    private static var nowhere: UnsafeRawPointer { UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped }
}
