using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace Relay.Admin;

/// <summary>Gives every body and every answer of the document its example, written as the server writes it.</summary>
internal sealed class ExampleTransformer(IOptions<JsonOptions> json) : IOpenApiOperationTransformer
{
    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var own = context.Description.ActionDescriptor.EndpointMetadata.OfType<ExampleMetadata>().LastOrDefault();
        if (BodyOf(context.Description) is { } body)
        {
            Show(operation.RequestBody?.Content, own?.Request ?? AdminExamples.Find(body));
        }

        foreach (var answer in context.Description.SupportedResponseTypes.Where(answer => answer.StatusCode is >= 200 and < 300))
        {
            var status = answer.StatusCode.ToString(CultureInfo.InvariantCulture);
            Show(operation.Responses?.GetValueOrDefault(status)?.Content, own?.Answer ?? (answer.Type is { } type ? AdminExamples.Find(type) : null));
        }

        return Task.CompletedTask;
    }

    private static Type? BodyOf(ApiDescription description) =>
        description.ParameterDescriptions.FirstOrDefault(parameter => parameter.Source.Id == "Body")?.Type;

    private void Show(IDictionary<string, OpenApiMediaType>? content, object? example)
    {
        foreach (var media in content?.Values ?? [])
        {
            media.Example = example is null ? null : JsonSerializer.SerializeToNode(example, example.GetType(), json.Value.SerializerOptions);
        }
    }
}
