// The words of the standard that the face speaks, so that its users import MQTTClient and nothing else.
@_exported import enum MQTTCodec.QoS
@_exported import enum MQTTCodec.ReasonCode
@_exported import struct MQTTCodec.SubscriptionOptions
