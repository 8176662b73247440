namespace Relay.Mail;

/// <summary>RET= of RFC 3461 §4.3. The values are stored.</summary>
public enum DsnReturn
{
    Unspecified = 0,
    Full = 1,
    Headers = 2,
}
