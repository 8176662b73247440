namespace Relay.Queue;

/// <summary>Names durable content.</summary>
/// <param name="Id">Assigned by the queue store.</param>
/// <param name="SizeBytes">Octets of the whole content.</param>
/// <param name="HeaderBytes">Octets up to and including the blank line; equals the size when there is no body.</param>
/// <param name="FileName">File in the spool when the content is not inline.</param>
public sealed record ContentReference(long Id, long SizeBytes, long HeaderBytes, string? FileName);
