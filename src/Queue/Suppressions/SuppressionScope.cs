namespace Relay.Queue;

/// <summary>What mail an entry holds for: all of the account (the default), one stream, or one list.</summary>
public readonly record struct SuppressionScope
{
    public const int MaxListLength = 128;

    private const string StreamPrefix = "stream:";
    private const string ListPrefix = "list:";

    private readonly string? _text;

    private SuppressionScope(string text) => _text = text;

    public static SuppressionScope Account => default;

    public bool IsAccount => string.IsNullOrEmpty(_text);

    public static SuppressionScope Of(MailStream stream) => new(StreamPrefix + (stream == MailStream.Broadcast ? "broadcast" : "transactional"));

    /// <param name="listId">1–128 visible ASCII characters, for example the id of a contact book.</param>
    /// <exception cref="ArgumentException">It is no list id.</exception>
    public static SuppressionScope OfList(string listId) =>
        IsListId(listId) ? new(ListPrefix + listId) : throw new ArgumentException($"'{listId}' is no list id", nameof(listId));

    public static bool IsListId(string text) => text.Length is > 0 and <= MaxListLength && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>Reads the text form: empty or <c>account</c>, <c>stream:broadcast</c>, <c>stream:transactional</c>, <c>list:ID</c>.</summary>
    public static bool TryParse(string? text, out SuppressionScope scope)
    {
        scope = default;
        if (string.IsNullOrEmpty(text) || text == "account")
        {
            return true;
        }

        if (text is "stream:broadcast" or "stream:transactional"
            || (text.StartsWith(ListPrefix, StringComparison.Ordinal) && IsListId(text[ListPrefix.Length..])))
        {
            scope = new SuppressionScope(text);
            return true;
        }

        return false;
    }

    /// <summary>As stored; empty for the account.</summary>
    public string ToKey() => _text ?? string.Empty;

    public override string ToString() => IsAccount ? "account" : _text!;
}
