namespace Relay.Mail;

/// <summary>How far <see cref="HeaderReader"/> is.</summary>
public enum HeaderReaderState
{
    /// <summary>More content is needed.</summary>
    Reading,

    /// <summary>The header block ended.</summary>
    Complete,

    /// <summary>The header block is longer than the limit; what was read of it is not kept.</summary>
    TooLarge,
}
