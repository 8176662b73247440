namespace Relay.Smtp;

/// <summary>One parameter of MAIL or RCPT (RFC 5321 §4.1.2, esmtp-param).</summary>
/// <param name="Keyword">Upper case.</param>
/// <param name="Value">Null without <c>=</c>; otherwise at least one character.</param>
internal readonly record struct EsmtpParameter(string Keyword, string? Value);
