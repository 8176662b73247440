namespace Relay.Smtp;

internal enum LineStatus
{
    /// <summary>No complete line yet.</summary>
    More,

    Line,

    /// <summary>A complete line over the limit was skipped.</summary>
    TooLong,

    /// <summary>CR without LF or LF without CR: the two sides may not agree where lines end, so the connection has to.</summary>
    BareLineEnding,

    /// <summary>Far over the limit and still no line end.</summary>
    Flood,
}
