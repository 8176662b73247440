namespace Relay.Mail;

/// <summary>BODY= of RFC 6152 and RFC 3030. The values are stored.</summary>
public enum BodyType
{
    SevenBit = 0,
    EightBitMime = 1,
    BinaryMime = 2,
}
