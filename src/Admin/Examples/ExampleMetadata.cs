using Microsoft.AspNetCore.Builder;

namespace Relay.Admin;

/// <summary>Examples of one operation, where that of the type is not the right one or the content is no JSON.</summary>
internal sealed record ExampleMetadata(object? Request, object? Answer);

internal static class ExampleMetadataExtensions
{
    /// <param name="request">A value of the body's type, or text.</param>
    /// <param name="answer">A value of the answer's type, or text.</param>
    public static TBuilder WithExample<TBuilder>(this TBuilder builder, object? request = null, object? answer = null)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new ExampleMetadata(request, answer));
}
