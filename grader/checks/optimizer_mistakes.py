"""What `OptimizerMatches` can find wrong, as the catalogue has it; reports add the numbers."""

from grader.domain.codes import Named

MISTAKES = (
    Named(
        id="other_optimizer",
        sentence="Its steps are not a multiple of the gradient, as plain gradient descent's are.",
        brief="used another optimizer",
    ),
    Named(
        id="other_learning_rate",
        sentence="Its steps are another multiple of the gradient than the learning rate asked for.",
        brief="used another learning rate",
    ),
    Named(
        id="weight_decay",
        sentence="Its steps move weights whose gradient is zero (weight decay?).",
        brief="let weights decay",
    ),
    Named(
        id="momentum",
        sentence="Its second step is not the learning rate times the gradient (momentum?).",
        brief="used momentum",
    ),
    Named(
        id="parameters_of_another_model",
        sentence="It does not hold the parameters of the model.",
        brief="gave the optimizer another model's parameters",
    ),
    Named(
        id="older_instance",
        sentence="It holds the parameters of another instance of the class: was the model made "
        "anew after the optimizer?",
        brief="made the model anew after its optimizer",
    ),
    Named(
        id="some_parameters",
        sentence="It holds only some of the model's parameters.",
        brief="gave the optimizer only some of the parameters",
    ),
    Named(
        id="foreign_parameters",
        sentence="It also holds parameters of something else.",
        brief="gave the optimizer parameters of something else as well",
    ),
)
