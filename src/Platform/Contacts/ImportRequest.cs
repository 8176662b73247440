using System.Text;

namespace Relay.Platform.Contacts;

/// <summary>What an import is asked for; stored with its job.</summary>
/// <param name="Columns">For each column of the file: <c>email</c>, <c>firstName</c>, <c>lastName</c>, <c>subscribed</c>, <c>tags</c>, <c>properties.NAME</c>, or <c>-</c> for none.</param>
/// <param name="DataStart">Octets of the file before the first row of data.</param>
/// <param name="Subscribed">For rows that say nothing themselves.</param>
/// <param name="UpdateExisting">False: who is in the book already stays as they are.</param>
internal sealed record ImportRequest(
    long BookId,
    Guid BookUid,
    string FileName,
    char Delimiter,
    string Charset,
    IReadOnlyList<string> Columns,
    long DataStart,
    long SizeBytes,
    bool? Subscribed,
    bool IsConfirmed,
    bool UpdateExisting,
    IReadOnlyList<string> Tags)
{
    public const string Skipped = "-";
    public const string PropertyPrefix = "properties.";

    /// <summary>Null for a charset we do not read.</summary>
    public static Encoding? EncodingOf(string charset) => charset.ToLowerInvariant() switch
    {
        "utf-8" or "utf8" or "us-ascii" => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true),
        "iso-8859-1" or "latin1" => Encoding.Latin1,
        "windows-1252" or "cp1252" => CodePagesEncodingProvider.Instance.GetEncoding(1252),
        _ => null,
    };
}
