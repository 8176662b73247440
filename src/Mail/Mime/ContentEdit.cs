namespace Relay.Mail;

internal enum ContentEditKind
{
    /// <summary>The range goes, other octets come.</summary>
    Replace,
    QuotedPrintable,
    Base64,
}

/// <summary>One change to content on its way.</summary>
/// <param name="Offset">In the original.</param>
/// <param name="Length">Octets of the original concerned.</param>
/// <param name="Inserted">For <see cref="ContentEditKind.Replace"/>.</param>
/// <param name="EndsContent">Nothing follows: an encoded body gets a line end of its own, elsewhere the delimiter brings it.</param>
internal sealed record ContentEdit(long Offset, long Length, ContentEditKind Kind, byte[] Inserted, bool EndsContent = false);
